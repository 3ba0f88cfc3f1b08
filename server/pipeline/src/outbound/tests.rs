//! Tests with literal addresses and with names of the machine's own resolver.

use super::*;

fn network(text: &str) -> IpNet {
    text.parse().unwrap()
}

fn allows(policy: &OutboundPolicy, address: &str) -> bool {
    policy.check(address.parse().unwrap()).is_ok()
}

#[test]
fn link_local_metadata_and_special_addresses_are_never_allowed() {
    let everything = vec![network("0.0.0.0/0"), network("::/0")];
    for policy in [OutboundPolicy::default(), OutboundPolicy::new(everything, Vec::new())] {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "100.100.100.200",
            "168.63.129.16",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::ffff:0.0.0.0",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!allows(&policy, address), "{address}");
        }
        for address in ["127.0.0.1", "::1", "10.0.0.1", "192.0.2.1", "2001:db8::1", "fd00::1"] {
            assert!(allows(&policy, address), "{address}");
        }
    }
}

#[test]
fn networks_restrict_addresses_in_all_their_forms() {
    let deny = OutboundPolicy::new(Vec::new(), vec![network("10.0.0.0/8"), network("fd00::/8")]);
    for (address, expected) in [
        ("10.1.2.3", false),
        ("::ffff:10.1.2.3", false),
        ("fd00::1", false),
        ("11.0.0.1", true),
        ("2001:db8::1", true),
    ] {
        assert_eq!(allows(&deny, address), expected, "{address}");
    }
    let both = OutboundPolicy::new(vec![network("10.0.0.0/8")], vec![network("10.9.0.0/16")]);
    for (address, expected) in [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("10.9.0.1", false),
        ("::ffff:10.9.0.1", false),
        ("127.0.0.1", false),
        ("::1", false),
    ] {
        assert_eq!(allows(&both, address), expected, "{address}");
    }
}

#[tokio::test]
async fn names_are_checked_after_resolution() {
    let policy = OutboundPolicy::default();
    let addresses = policy.resolve("localhost", 80).await.unwrap();
    assert!(addresses.iter().all(|address| address.ip().is_loopback() && address.port() == 80));
    assert_eq!(policy.resolve("[::1]", 8).await.unwrap(), ["[::1]:8".parse().unwrap()]);
    let deny = OutboundPolicy::new(Vec::new(), vec![network("127.0.0.0/8"), network("::1/128")]);
    let error = deny.resolve("localhost", 80).await.unwrap_err().to_string();
    assert!(error.starts_with("outbound connections to localhost ("), "{error}");
    // Other spellings of 169.254.169.254, which the resolver of the system accepts.
    for host in ["169.254.169.254", "0xa9fea9fe", "2852039166", "[::ffff:169.254.169.254]"] {
        assert!(policy.resolve(host, 80).await.is_err(), "{host}");
    }
    let missing = policy.resolve("does-not-exist.invalid", 80).await.unwrap_err();
    assert!(matches!(missing, OutboundError::Resolution(..)), "{missing}");
}

#[test]
fn addresses_in_urls_are_checked() {
    let policy = OutboundPolicy::default();
    let check = |url: &str| policy.check_url(&Url::parse(url).unwrap()).map_err(|e| e.to_string());
    for url in ["http://127.0.0.1/", "https://example.com/a", "http://[::1]:80/"] {
        assert_eq!(check(url), Ok(()), "{url}");
    }
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://0xa9.254.169.254/",
        "http://2852039166/",
        "http://169.254.169.254./",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fe80::1]/",
        "http://0/",
    ] {
        assert!(check(url).unwrap_err().ends_with("are not allowed"), "{url}");
    }
    assert!(check("ftp://127.0.0.1/").is_err());
    assert!(check("file:///etc/passwd").is_err());
}
