//! What the fuzzer starts from, and what it once found, in the normal suite: every target of `fuzz/` with every file of its
//! corpus.

#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::path::Path;

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert!(files.len() > 3, "{name} has {} seeds", files.len());
    for file in files {
        let data = std::fs::read(&file).unwrap();
        let kept = std::panic::catch_unwind(|| target(&data)).is_ok();
        assert!(kept, "{} breaks a promise of the target {name}", file.display());
    }
}

macro_rules! replay {
    ($($name:ident)+) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name), targets::$name);
            }
        )+

        /// A target that nobody replays would be forgotten.
        #[test]
        fn every_target_is_replayed() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
            let mut found: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            found.sort();
            assert_eq!(found, [$(stringify!($name)),+]);
        }
    };
}

replay! { authorization_details authorize_query client_metadata dpop_header jwt redirect_uri saml_response scope token_form }
