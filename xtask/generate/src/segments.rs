//! Path parameters of the generated clients: one that is empty or a dot segment is an error.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

/// Replaces each `encode_path(..)` by a call that can fail. Works on tokens, because most calls are
/// arguments of `format!`.
pub(crate) fn check_parameters(tokens: TokenStream) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut checked = TokenStream::new();
    while let Some(token) = tokens.next() {
        let call = match (&token, tokens.peek()) {
            (TokenTree::Ident(name), Some(TokenTree::Group(group))) => {
                name == "encode_path" && group.delimiter() == Delimiter::Parenthesis
            }
            _ => false,
        };
        match token {
            _ if call => {
                let arguments = tokens.next();
                checked.extend(quote! { crate::path::encode_parameter #arguments? });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), check_parameters(group.stream()));
                inner.set_span(group.span());
                checked.extend([TokenTree::Group(inner)]);
            }
            other => checked.extend([other]),
        }
    }
    checked
}
