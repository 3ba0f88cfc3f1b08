//! How the server behaves where the document has no words for it.

mod front;
