//! The scenario of every client, run with the Rust client of openapi-generator. The client does
//! not expose headers, so the token of the second page comes from the same request without it.

use sensu_openapi::apis::configuration::Configuration;
use sensu_openapi::apis::{Error, authentication_api, checks_api};
use sensu_openapi::models::{
    CheckConfigCreate, ObjectMetaCreate, Subdue, SubdueInput, TimeWindow, TimeWindowDays,
};

const NAMESPACE: &str = "default";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let base_path = std::env::var("SENSU_URL")?;
    let mut login = Configuration { base_path: base_path.clone(), ..Configuration::new() };
    login.basic_auth = Some(("admin".into(), Some("P@ssw0rd!".into())));
    let token = authentication_api::auth_login(&login).await?.access_token;
    assert!(token.starts_with("ey"), "{token}");
    let mut authorized = Configuration { base_path, ..Configuration::new() };
    authorized.bearer_access_token = Some(token.clone());

    let night = TimeWindow::new("5:00PM".into(), "8:00AM".into());
    let days = TimeWindowDays { all: Some(vec![night]), ..TimeWindowDays::new() };
    for (name, days) in [("rust-a", Some(Box::new(days))), ("rust-b", None)] {
        let subdue = days.clone().map(|days| Box::new(SubdueInput { days: Some(days) }));
        let check = CheckConfigCreate {
            command: Some("check-cpu.sh".into()),
            interval: Some(60),
            subdue: Some(subdue),
            ..CheckConfigCreate::new(ObjectMetaCreate::new(name.into()))
        };
        let made = checks_api::check_create(&authorized, NAMESPACE, check, None, None).await?;
        let stored = days.map(|days| Box::new(Subdue { days }));
        assert_eq!((made.interval, made.subdue), (60, stored));
    }

    let url = format!("{}/apis/core/v2/namespaces/{NAMESPACE}/checks?limit=1", authorized.base_path);
    let response = authorized.client.get(url).bearer_auth(token).send().await?;
    let next = response.headers().get("Sensu-Continue").ok_or("no second page")?.to_str()?.to_owned();
    let mut names = Vec::new();
    for page in [None, Some(next.as_str())] {
        let page = checks_api::check_list(&authorized, NAMESPACE, Some(1), page, None, None).await?;
        names.extend(page.into_iter().map(|check| check.metadata.name));
    }
    assert_eq!(names, ["rust-a", "rust-b"]);

    match checks_api::check_get(&authorized, NAMESPACE, "rust-missing", None).await {
        Err(Error::ResponseError(missing)) => {
            assert_eq!(missing.status.as_u16(), 404);
            assert!(missing.content.contains("\"code\":2"), "{}", missing.content);
        }
        other => panic!("a missing check: {other:?}"),
    }

    for name in names {
        checks_api::check_delete(&authorized, NAMESPACE, &name, None, None).await?;
    }
    let remaining = checks_api::check_list(&authorized, NAMESPACE, None, None, None, None).await?;
    assert!(remaining.is_empty(), "{remaining:?}");
    println!("passed");
    Ok(())
}
