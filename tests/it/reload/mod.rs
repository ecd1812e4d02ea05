//! A changed file is in force within moments, for the next request of every connection there is; a bad one never is.

mod load;
mod writing;

use std::fs;

use serde_json::Value;

use keywarden::config::Loader;
use keywarden::digest::{Algorithm, Timestamp, Verifier};

use crate::house::{
    House, PROJECT, Plan, REALM, RESOURCES, Session, Upstream, key_yaml, keywarden_yaml,
    operator_log, organization_yaml,
};

/// The usual organization's file.
const ACME: &str = "organizations/acme.yaml";
/// The caller is on the list.
const IN: &str = "[{ cidr: 127.0.0.0/8 }]";
/// The caller is not.
const OUT: &str = "[{ cidr: 192.0.2.0/24 }]";

/// The usual organization with the one key `moved` and this list.
fn acme(list: &str) -> String {
    organization_yaml(&key_yaml(1, "moved", list, ""))
}

/// Another organization with the one key `beta`.
fn beta(list: &str) -> String {
    format!(
        "version: 1\nid: 32b6e34b3d91647abb20e7ff\nname: Beta\nrequire_access_list: false\nkeys:\n{}",
        key_yaml(9, "beta", list, "")
    )
}

/// A path of the usual project that no row names.
fn target() -> String {
    format!("/api/atlas/v2/groups/{PROJECT}/clusters")
}

/// A house with the key `moved`, for which the caller is on the list.
fn plan() -> Plan {
    let plan = Plan::new();
    plan.write(ACME, &acme(IN));
    plan.credential("moved");
    plan
}

fn state(status: &Value, path: &str) -> Option<String> {
    let files = status["files"].as_array()?;
    let file = files.iter().find(|file| file["path"] == path)?;
    Some(file["state"].as_str()?.to_owned())
}

fn last_result(status: &Value) -> &str {
    status["reload"]["last_result"].as_str().unwrap_or_default()
}

fn asked(session: &mut Session) -> u16 {
    session.ask("GET", &target()).status
}

#[test]
fn a_change_counts_for_the_next_request_on_the_same_connection() {
    let house = plan().build();
    let mut session = house.session("moved");
    assert_eq!(asked(&mut session), 200);
    house.reload(ACME, &acme(OUT));
    let refused = session.ask("GET", &target());
    assert_eq!(refused.status, 403);
    assert_eq!(refused.error_code(), "IP_ADDRESS_NOT_ON_ACCESS_LIST");
    house.reload(ACME, &acme(IN));
    assert_eq!(asked(&mut session), 200);
}

#[test]
fn only_changed_files_are_parsed_again() {
    let plan = plan();
    plan.write("organizations/beta.yaml", &beta("[]"));
    let mut loader = Loader::new(plan.folder());
    let first = loader.load(Timestamp::from_millis(1));
    assert_eq!(first.parsed, 5, "{:?}", first.problems);
    loader.commit();
    assert_eq!(loader.load(Timestamp::from_millis(1)).parsed, 0);
    plan.write("organizations/beta.yaml", &beta(OUT));
    assert_eq!(loader.load(Timestamp::from_millis(1)).parsed, 1);
}

#[test]
fn a_broken_organization_keeps_its_last_good_version_while_the_others_proceed() {
    let plan = plan();
    plan.write("organizations/beta.yaml", &beta(IN));
    plan.credential("beta");
    let house = plan.build();
    let (mut acmes, mut betas) = (house.session("moved"), house.session("beta"));
    house.replace(ACME, &acme("[{ cidr: 127.0.0.1/8 }]"));
    house.until("the broken file is told", |status| {
        state(status, ACME).as_deref() == Some("last_good")
    });
    house.reload("organizations/beta.yaml", &beta(OUT));
    let status = house.status();
    assert_eq!(state(&status, ACME).as_deref(), Some("last_good"));
    assert_eq!(last_result(&status), "partial");
    let problem = &status["reload"]["problems"][0];
    assert_eq!(
        (&problem["file"], &problem["line"]),
        (&ACME.into(), &11.into())
    );
    let last_good = "keywarden_config_files{kind=\"organization\",state=\"last_good\"}";
    assert_eq!(house.metric(last_good), Some(1.0));
    assert_eq!(
        house.metric("keywarden_config_last_reload_successful"),
        Some(0.0)
    );
    assert_eq!(
        (asked(&mut acmes), betas.ask("GET", "/").status),
        (200, 403)
    );
    house.reload(ACME, &acme(OUT));
    let status = house.status();
    assert_eq!(state(&status, ACME).as_deref(), Some("active"));
    assert_eq!(
        (last_result(&status), &status["reload"]["problems"]),
        ("applied", &Value::Array(Vec::new()))
    );
    assert_eq!(house.metric(last_good), Some(0.0));
    assert_eq!(
        house.metric("keywarden_config_last_reload_successful"),
        Some(1.0)
    );
    assert_eq!(asked(&mut acmes), 403);
}

#[test]
fn a_broken_file_that_is_put_back_makes_no_new_generation_but_a_success() {
    let house = plan().build();
    house.replace(ACME, "version: 1\n");
    house.until("told", |status| last_result(status) == "partial");
    house.replace(ACME, &acme(IN));
    house.until("mended", |status| last_result(status) == "applied");
    assert_eq!(house.generation(), 1);
    assert_eq!(
        house.metric("keywarden_config_last_reload_successful"),
        Some(1.0)
    );
}

#[test]
fn a_bad_file_that_all_stand_on_keeps_the_whole_policy() {
    let networks = "version: 1\nnetworks:\n  farm: [127.0.0.0/8]\n";
    let plan = plan();
    plan.write("networks.yaml", networks);
    let upstream = format!("http://{}", plan.upstream().address());
    let house = plan.build();
    let mut session = house.session("moved");
    for (file, good) in [
        ("keywarden.yaml", keywarden_yaml(&upstream, "")),
        ("resources.yaml", RESOURCES.to_owned()),
        ("networks.yaml", networks.to_owned()),
    ] {
        let before = house.status();
        house.replace(file, &good.replace("version: 1", "version: 1\nversoin: 1"));
        house.until("rejected", |status| last_result(status) == "rejected");
        house.replace(ACME, &acme(OUT));
        house.until("the other file is held back, too", |status| {
            state(status, ACME).as_deref() == Some("last_good")
        });
        let status = house.status();
        assert_eq!(state(&status, file).as_deref(), Some("last_good"));
        assert_eq!(status["generation"], before["generation"], "{file}");
        assert_eq!(asked(&mut session), 200, "{file}");
        house.reload(file, &format!("{good}# mended\n"));
        assert_eq!(asked(&mut session), 403, "{file}");
        assert_eq!(last_result(&house.status()), "applied");
        house.reload(ACME, &acme(IN));
    }
}

#[test]
fn a_policy_that_fails_its_expectations_is_not_put_in_force() {
    let plan = plan();
    let expected = format!(
        "version: 1\nexpectations:\n  - {{ key: moved, from: 192.0.2.7, request: GET {}, expect: address_not_on_access_list }}\n",
        target()
    );
    plan.write("expectations.yaml", &expected);
    let house = plan.build();
    let mut session = house.session("moved");
    house.replace(ACME, &acme("[{ cidr: 192.0.2.0/24 }]"));
    house.until("rejected", |status| last_result(status) == "rejected");
    let status = house.status();
    assert_eq!(status["reload"]["problems"][0]["code"], "KW0701");
    assert_eq!((house.generation(), asked(&mut session)), (1, 200));
    house.reload(ACME, &acme("[{ cidr: 198.51.100.0/24 }]"));
    assert_eq!(asked(&mut session), 403);
}

#[test]
fn organizations_come_and_go() {
    let plan = plan();
    plan.credential("beta");
    let house = plan.build();
    assert_eq!(house.caller("beta").get("/").status, 401);
    fs::create_dir_all(house.folder().join("organizations/deep/er")).expect("created");
    house.reload("organizations/deep/er/beta.yaml", &beta(IN));
    let mut session = house.session("beta");
    assert_eq!(session.ask("GET", "/").status, 200);
    assert_eq!(house.status()["policy"]["organizations"], 2);
    assert_eq!(house.metric("keywarden_organizations"), Some(2.0));
    fs::remove_file(house.folder().join("organizations/deep/er/beta.yaml")).expect("removed");
    house.until("it is gone", |status| {
        status["policy"]["organizations"] == 1
    });
    assert_eq!(session.ask("GET", "/").status, 401);
    assert_eq!(house.caller("moved").get("/").status, 200);
}

#[test]
fn a_rotated_key_has_both_private_keys_until_the_old_line_goes() {
    let house = plan().build();
    let file = "credentials/keys.htdigest";
    let text = fs::read_to_string(house.folder().join(file)).expect("read");
    let old: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("moved:"))
        .collect();
    let others = text.replace(&format!("{}\n", old.join("\n")), "");
    assert_eq!((old.len(), others.lines().count()), (2, 6));
    let lines = |private_key: &str| -> String {
        let verifiers = [Algorithm::Md5, Algorithm::Sha256]
            .map(|algorithm| Verifier::derive(algorithm, "moved", REALM, private_key));
        verifiers
            .map(|verifier| format!("moved:{REALM}:{}\n", verifier.expose_hex()))
            .concat()
    };
    let caller = house.caller("moved");
    let new = house.caller("moved").with_private_key("a new one");
    assert_eq!((caller.get("/").status, new.get("/").status), (200, 401));
    house.reload(file, &format!("{text}{}", lines("a new one")));
    assert_eq!((caller.get("/").status, new.get("/").status), (200, 200));
    house.reload(file, &format!("{others}{}", lines("a new one")));
    assert_eq!((caller.get("/").status, new.get("/").status), (401, 200));
}

const WIDENINGS: &str = "keywarden_config_widenings_total";

#[test]
fn a_widening_is_named_and_counted() {
    operator_log();
    let house = plan().build();
    assert_eq!(house.metric(WIDENINGS), Some(0.0));
    house.reload(ACME, &acme("[]").replace("moved", "moved # to anywhere"));
    assert_eq!(house.metric(WIDENINGS), Some(1.0));
    let log = operator_log();
    let named = "widening: key `moved` of organization `Acme` (32b6e34b3d91647abb20e7b8) lost its access list";
    assert!(log.contains(named), "{log}");
    assert_eq!(
        house.caller("moved").from_address(9).get(&target()).status,
        200
    );
    house.reload(ACME, &acme(OUT));
    assert_eq!(house.metric(WIDENINGS), Some(1.0), "a narrowing is none");
}

#[test]
fn a_refused_widening_waits_until_that_very_policy_is_accepted() {
    let plan = plan();
    plan.settings("reload: { widening: refuse }\n");
    let house = plan.build();
    let caller = house.caller("moved").from_address(9);
    house.reload(ACME, &acme(OUT));
    let pending = |house: &House| {
        house.until("held back", |status| status["pending_widening"].is_object());
        let status = house.status();
        let fingerprint = status["pending_widening"]["fingerprint"].as_str();
        fingerprint.expect("a fingerprint").to_owned()
    };
    house.replace(ACME, &acme("[]"));
    let fingerprint = pending(&house);
    let status = house.status();
    let openings = status["pending_widening"]["openings"]
        .as_array()
        .expect("a list");
    assert_eq!(openings.len(), 1, "{openings:?}");
    assert_eq!(last_result(&status), "rejected");
    assert_eq!((house.generation(), caller.get(&target()).status), (2, 403));

    // Another policy than the one that was looked at.
    house.replace(ACME, &format!("{}# more\n", acme("[]")));
    house.until("another is pending", |status| {
        status["pending_widening"]["fingerprint"] != fingerprint.as_str()
    });
    house.replace(".accept-widening", &fingerprint);
    let attempts = house.status()["reload"]["attempts"].clone();
    house.gateway().reload();
    house.until("asked", |status| status["reload"]["attempts"] != attempts);
    assert_eq!((house.generation(), caller.get(&target()).status), (2, 403));

    let fingerprint = pending(&house);
    house.reload(".accept-widening", &format!("{fingerprint}\n"));
    assert_eq!(caller.get(&target()).status, 200);
    // The result is told a moment after the generation.
    house.until("a result", |status| last_result(status) == "applied");
    let status = house.status();
    assert_eq!(
        (&status["pending_widening"], last_result(&status)),
        (&Value::Null, "applied")
    );
    assert_eq!(status["generation"]["fingerprint"], fingerprint.as_str());

    // The folder is only read: the acceptance may stay, but it was for once.
    assert!(house.folder().join(".accept-widening").exists());
    house.reload(ACME, &acme(OUT));
    house.replace(ACME, &format!("{}# more\n", acme("[]")));
    assert_eq!(pending(&house), fingerprint);
    assert_eq!((house.generation(), caller.get(&target()).status), (4, 403));
    house.reload(".accept-widening", &fingerprint);
    assert_eq!(caller.get(&target()).status, 200);
}

#[test]
fn a_refused_widening_that_is_taken_back_waits_no_more() {
    let plan = plan();
    plan.settings("reload: { widening: refuse }\n");
    let house = plan.build();
    house.replace(ACME, &acme("[]"));
    house.until("held back", |status| status["pending_widening"].is_object());
    house.replace(ACME, &acme(IN));
    house.until("taken back", |status| status["pending_widening"].is_null());
    assert_eq!(
        (house.generation(), last_result(&house.status())),
        (1, "applied")
    );
}

#[test]
fn refusing_widenings_cannot_be_switched_off_along_with_one() {
    let plan = plan();
    plan.settings("reload: { widening: refuse }\n");
    let house = plan.build();
    house.replace(ACME, &acme("[]"));
    house.until("held back", |status| status["pending_widening"].is_object());
    let before = house.status()["pending_widening"].clone();
    house.settings("reload: { widening: warn }\n");
    house.until("looked at", |status| {
        status["pending_widening"].is_object() && status["pending_widening"] != before
    });
    assert_eq!(house.generation(), 1);
    house.replace(ACME, &acme(IN));
    house.until("switched off alone", |status| {
        status["generation"]["number"] == 2
    });
    house.reload(ACME, &acme("[]"));
    assert_eq!(
        house.caller("moved").from_address(9).get(&target()).status,
        200
    );
}

#[test]
fn nonces_and_spent_proofs_outlive_every_reload() {
    let house = plan().build();
    let mut session = house.session("moved");
    assert_eq!(asked(&mut session), 200);
    for list in [OUT, IN, OUT, IN] {
        house.reload(ACME, &acme(list));
    }
    let replayed = session.ask_again("GET", &target());
    assert_eq!((replayed.status, replayed.is_stale()), (401, true));
    assert_eq!(asked(&mut session), 200, "the nonce still lives");
}

#[test]
fn the_lifetime_of_nonces_may_change() {
    let house = plan().build();
    let mut session = house.session("moved");
    assert_eq!(asked(&mut session), 200);
    let upstream = format!("http://{}", house.upstream.address());
    let brief = keywarden_yaml(&upstream, "").replace(
        "digest: { realm: keywarden }",
        "digest: { realm: keywarden, nonce_lifetime: 1s }",
    );
    house.reload("keywarden.yaml", &brief);
    let began = std::time::Instant::now();
    let expired = loop {
        let answer = session.ask("GET", &target());
        if answer.status != 200 {
            break answer;
        }
        assert!(
            began.elapsed() < crate::house::PATIENCE,
            "the nonce never expires"
        );
    };
    assert_eq!((expired.status, expired.is_stale()), (401, true));
    house.reload("keywarden.yaml", &keywarden_yaml(&upstream, ""));
    assert_eq!(
        session.ask_again("GET", &target()).status,
        200,
        "younger than five minutes, and unspent"
    );
    assert_eq!(session.ask_again("GET", &target()).status, 401);
}

#[test]
fn a_change_that_wants_a_restart_is_noticed_and_touches_no_socket() {
    let house = plan().build();
    let mut session = house.session("moved");
    let upstream = format!("http://{}", house.upstream.address());
    let good = keywarden_yaml(&upstream, "");
    house.reload(
        "keywarden.yaml",
        &good.replace("name: public", "name: other"),
    );
    let notices = house.status()["notices"].to_string();
    assert!(notices.contains("at the next start"), "{notices}");
    assert_eq!(house.status()["listeners"][0]["name"], "public");
    assert_eq!(asked(&mut session), 200);
    house.reload(ACME, &acme(&IN.replace("/8", "/9")));
    let notices = house.status()["notices"].to_string();
    assert!(
        notices.contains("at the next start"),
        "it is still so: {notices}"
    );
    house.reload("keywarden.yaml", &good);
    assert_eq!(house.status()["notices"], Value::Array(Vec::new()));
}

#[test]
fn the_access_log_may_move_and_stays_where_it_cannot() {
    let logs = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| logs.path().join(name);
    let more = |name: &str| format!("access_log: {{ path: {} }}\n", at(name).display());
    let plan = plan();
    plan.settings(&more("one"));
    let upstream = format!("http://{}", plan.upstream().address());
    let house = plan.build();
    let mut session = house.session("moved");
    let holds = |name: &str, word: &str| {
        let began = std::time::Instant::now();
        while !fs::read_to_string(at(name))
            .unwrap_or_default()
            .contains(word)
        {
            assert!(
                began.elapsed() < crate::house::PATIENCE,
                "{name} never holds {word}"
            );
            std::thread::yield_now();
        }
    };
    session.ask("GET", "/first");
    holds("one", "/first");
    house.reload("keywarden.yaml", &keywarden_yaml(&upstream, &more("two")));
    session.ask("GET", "/second");
    holds("two", "/second");
    house.reload(
        "keywarden.yaml",
        &keywarden_yaml(&upstream, &more("no/such/folder")),
    );
    assert!(house.status()["notices"].to_string().contains("access_log"));
    session.ask("GET", "/third");
    holds("two", "/third");
    fs::create_dir_all(at("no/such")).expect("created");
    house.reload(ACME, &acme(&IN.replace("/8", "/9")));
    session.ask("GET", "/fourth");
    holds("no/such/folder", "/fourth");
    assert!(
        !fs::read_to_string(at("one"))
            .expect("read")
            .contains("/second")
    );
}

#[test]
fn another_upstream_has_the_next_request() {
    let house = plan().build();
    let other = Upstream::start();
    let mut session = house.session("moved");
    session.ask("GET", "/old");
    let url = format!("http://{}", other.address());
    house.reload("keywarden.yaml", &keywarden_yaml(&url, ""));
    assert_eq!(session.ask("GET", "/new").status, 200);
    assert_eq!(other.last().target(), "/new");
    assert_eq!(house.upstream.last().target(), "/old");
    assert_eq!(house.status()["upstream"][0], url);
}

#[test]
fn a_secret_for_the_upstream_is_read_again_and_a_bad_one_keeps_the_old() {
    let plan = plan();
    let url = plan.upstream().address();
    plan.write(
        "keywarden.yaml",
        &keywarden_yaml(
            &format!("http://{url}, authentication: {{ bearer_file: secrets/token }}"),
            "",
        ),
    );
    plan.write("secrets/token", "one\n");
    let house = plan.build();
    let mut session = house.session("moved");
    let mut bearer = |house: &House| {
        session.ask("GET", "/");
        house
            .upstream
            .last()
            .only("authorization")
            .map(ToOwned::to_owned)
    };
    assert_eq!(bearer(&house).as_deref(), Some("Bearer one"));
    house.reload("secrets/token", "two\n");
    assert_eq!(bearer(&house).as_deref(), Some("Bearer two"));
    house.replace("secrets/token", "");
    house.until("told", |status| {
        status["notices"].to_string().contains("token")
    });
    house.reload(ACME, &acme(&IN.replace("/8", "/9")));
    assert!(
        house.status()["notices"].to_string().contains("token"),
        "it is still so"
    );
    assert_eq!(bearer(&house).as_deref(), Some("Bearer two"));
    house.reload("secrets/token", "three\n");
    assert_eq!(bearer(&house).as_deref(), Some("Bearer three"));
    assert_eq!(house.status()["notices"], Value::Array(Vec::new()));
}
