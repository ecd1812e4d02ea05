//! "The following API resources require an API access list": one test a bullet, at every base.
//!
//! "Atlas has some exceptions to this rule. These exceptions limit which resources an API key can use without
//! location-based limits."

use super::{BASES, PROJECT, Refusal, SHIPPED, forwarded, house, refused};
use crate::house::ORGANIZATION;

/// What one bullet of the page means: its heading and words, the row of the table, and its operations, with `G` for a
/// project, `O` for an organization.
struct Bullet {
    heading: &'static str,
    row: &'static str,
    operations: &'static [(&'static str, &'static str)],
}

/// Refused to every key without a list, wherever it calls from and whatever its roles; forwarded for a key with a list
/// that calls from it; refused to the same key elsewhere.
fn obeyed(bullet: &Bullet) {
    let written = format!("  - id: {}\n    section: {}\n", bullet.row, bullet.heading);
    assert!(
        SHIPPED.contains(&written),
        "the table has no row\n{written}"
    );
    let house = house();
    for base in BASES {
        for (method, tail) in bullet.operations {
            let tail = tail.replace("/G/", &format!("/{PROJECT}/"));
            let target = format!(
                "{base}{}",
                tail.replace("/O/", &format!("/{ORGANIZATION}/"))
            );
            let call = |key: &str, last: u8| {
                house
                    .caller(key)
                    .from_address(last)
                    .call(method, &target, b"")
            };
            let before = house.upstream.seen().len();
            for key in ["owner", "member", "keeper"] {
                refused(&call(key, 1), Refusal::ResourceRequiresList("127.0.0.1"));
            }
            refused(
                &call("owner", 9),
                Refusal::ResourceRequiresList("127.0.0.9"),
            );
            refused(&call("owner-listed", 9), Refusal::NotOnList("127.0.0.9"));
            assert_eq!(
                house.upstream.seen().len(),
                before,
                "{method} {target} reached the upstream"
            );
            forwarded(&call("owner-listed", 1));
            let seen = house.upstream.last();
            assert_eq!(seen.line, format!("{method} {target} HTTP/1.1"));
            assert_eq!(seen.only("x-keywarden-matched-entry"), Some("127.0.0.1"));
        }
    }
}

macro_rules! bullets {
    ($($heading:literal { $($words:literal $test:ident $row:literal [$(($method:literal, $tail:literal)),+])+ })+) => {$($(
        #[doc = $words]
        #[test]
        fn $test() {
            obeyed(&Bullet { heading: $heading, row: $row, operations: &[$(($method, $tail)),+] });
        }
    )+)+};
}

bullets! {
    "Organization API Access List Entries" {
        "\"Create […] an organization API key access list entry.\""
        to_create_an_entry_requires_a_list "organization-api-key-access-list-entry-create" [
            ("POST", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/accessList"),
            ("POST", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/whitelist")
        ]
        "\"[…] or remove an organization API key access list entry.\""
        to_remove_an_entry_requires_a_list "organization-api-key-access-list-entry-remove" [
            ("DELETE", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/accessList/192.0.2.7"),
            ("DELETE", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/accessList/192.0.2.0%2F24"),
            ("DELETE", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/accessList/192.0.2.0/24"),
            ("DELETE", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/accessList/2001:db8::7"),
            ("DELETE", "/orgs/O/apiKeys/5d1d143c87d9d63e6d694747/whitelist/192.0.2.7")
        ]
    }
    "Cloud Backup Restores" {
        "\"Return a dedicated […] cloud backup restore job.\""
        to_return_a_dedicated_restore_job_requires_a_list "cloud-backup-restore-get" [
            ("GET", "/groups/G/clusters/c0/backup/restoreJobs/5db2ae83f2a30b5a06c0d0aa")
        ]
        "\"Return a […] serverless cloud backup restore job.\""
        to_return_a_serverless_restore_job_requires_a_list "serverless-backup-restore-get" [
            ("GET", "/groups/G/serverless/c0/backup/restoreJobs/5db2ae83f2a30b5a06c0d0aa")
        ]
        "\"Return all dedicated […] cloud backup restore jobs.\""
        to_return_all_dedicated_restore_jobs_requires_a_list "cloud-backup-restore-list" [
            ("GET", "/groups/G/clusters/c0/backup/restoreJobs"),
            ("GET", "/groups/G/clusters/c0/backup/restoreJobs?pageNum=1&pretty=true")
        ]
        "\"Return all […] serverless cloud backup restore jobs.\""
        to_return_all_serverless_restore_jobs_requires_a_list "serverless-backup-restore-list" [
            ("GET", "/groups/G/serverless/c0/backup/restoreJobs")
        ]
        "\"Restore a dedicated […] cloud backup snapshot.\""
        to_restore_a_dedicated_snapshot_requires_a_list "cloud-backup-restore-create" [
            ("POST", "/groups/G/clusters/c0/backup/restoreJobs"),
            ("POST", "/groups/G/clusters/c0/backup/restoreJobs/")
        ]
        "\"Restore a […] serverless cloud backup snapshot.\""
        to_restore_a_serverless_snapshot_requires_a_list "serverless-backup-restore-create" [
            ("POST", "/groups/G/serverless/c0/backup/restoreJobs")
        ]
        "\"Cancel the restore of a dedicated […] cloud backup snapshot.\""
        to_cancel_a_dedicated_restore_requires_a_list "cloud-backup-restore-cancel" [
            ("DELETE", "/groups/G/clusters/c0/backup/restoreJobs/5db2ae83f2a30b5a06c0d0aa")
        ]
        "\"Cancel the restore of a […] serverless cloud backup snapshot.\""
        to_cancel_a_serverless_restore_requires_a_list "serverless-backup-restore-cancel" [
            ("DELETE", "/groups/G/serverless/c0/backup/restoreJobs/5db2ae83f2a30b5a06c0d0aa")
        ]
    }
    "Cloud Backup Snapshots" {
        "\"Take […] one cloud backup snapshot.\""
        to_take_a_snapshot_requires_a_list "cloud-backup-snapshot-take" [
            ("POST", "/groups/G/clusters/c0/backup/snapshots")
        ]
        "\"[…] or remove one cloud backup snapshot.\""
        to_remove_a_snapshot_requires_a_list "cloud-backup-snapshot-remove" [
            ("DELETE", "/groups/G/clusters/c0/backup/snapshots/5db2ae83f2a30b5a06c0d0bb")
        ]
        "\"[…] or remove one cloud backup snapshot\", of a sharded cluster."
        to_remove_a_sharded_snapshot_requires_a_list "cloud-backup-snapshot-remove-sharded" [
            ("DELETE", "/groups/G/clusters/c0/backup/snapshots/shardedCluster/5db2ae83f2a30b5a06c0d0bb")
        ]
    }
    "Legacy Backups" {
        "\"Restore […] a legacy backup snapshot.\""
        to_restore_a_legacy_snapshot_requires_a_list "legacy-backup-snapshot-restore" [
            ("POST", "/groups/G/clusters/c0/restoreJobs")
        ]
        "\"[…] remove […] a legacy backup snapshot.\""
        to_remove_a_legacy_snapshot_requires_a_list "legacy-backup-snapshot-remove" [
            ("DELETE", "/groups/G/clusters/c0/snapshots/5db2ae83f2a30b5a06c0d0bb")
        ]
        "\"[…] or change the expiration date of a legacy backup snapshot.\""
        to_change_a_legacy_snapshots_expiration_requires_a_list "legacy-backup-snapshot-change-expiration" [
            ("PATCH", "/groups/G/clusters/c0/snapshots/5db2ae83f2a30b5a06c0d0bb")
        ]
        "\"Clear […] a legacy backup snapshot schedule\", by the page's link."
        to_clear_a_snapshot_schedule_requires_a_list "cloud-backup-schedule-clear" [
            ("DELETE", "/groups/G/clusters/c0/backup/schedule")
        ]
        "\"[…] or update a legacy backup snapshot schedule\", by the page's link."
        to_update_a_snapshot_schedule_requires_a_list "cloud-backup-schedule-update" [
            ("PATCH", "/groups/G/clusters/c0/backup/schedule")
        ]
        "\"Clear […] a legacy backup snapshot schedule\", by the page's words."
        to_clear_a_legacy_snapshot_schedule_requires_a_list "legacy-backup-schedule-clear" [
            ("DELETE", "/groups/G/clusters/c0/snapshotSchedule")
        ]
        "\"[…] or update a legacy backup snapshot schedule\", by the page's words."
        to_update_a_legacy_snapshot_schedule_requires_a_list "legacy-backup-schedule-update" [
            ("PATCH", "/groups/G/clusters/c0/snapshotSchedule")
        ]
    }
}

/// "Atlas allows your API key to make requests from any address on the internet. Atlas has *some* exceptions": what the
/// page does not name stays open to a key without a list, however near it lies to what the page does name.
#[test]
fn the_neighbours_of_the_exceptions_are_no_exceptions() {
    let house = house();
    for base in BASES {
        for (method, tail) in [
            ("GET", "backup/snapshots"),
            ("GET", "backup/snapshots/5db2ae83f2a30b5a06c0d0bb"),
            ("GET", "backup/schedule"),
            ("GET", "snapshotSchedule"),
            ("GET", "snapshots"),
            ("GET", "restoreJobs"),
            ("PATCH", "backup/restoreJobs/5db2ae83f2a30b5a06c0d0aa"),
            ("POST", "backup/snapshots/5db2ae83f2a30b5a06c0d0bb"),
            ("POST", "backup/exports"),
        ] {
            let target = format!("{base}/groups/{PROJECT}/clusters/c0/{tail}");
            forwarded(&house.caller("owner").call(method, &target, b""));
        }
        // The list of a project guards its databases, not its API.
        for (method, tail) in [("POST", "accessList"), ("DELETE", "accessList/192.0.2.7")] {
            let target = format!("{base}/groups/{PROJECT}/{tail}");
            forwarded(&house.caller("owner").call(method, &target, b""));
        }
    }
}
