//! Tests the scripts and the texts by which an operator deploys: what they print must not be undone by the next deployment.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that line"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new folder, which is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("deploy-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `scripts/set-parameter.sh` on a samconfig.toml. Returns its exit status, its output and the file after it.
fn set(config: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = Folder::new();
    let file = folder.path().join("samconfig.toml");
    fs::write(&file, config).unwrap();
    let mut command = Command::new(root().join("scripts/set-parameter.sh"));
    let output = command.arg("--config-file").arg(&file).args(arguments).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "only the file itself is left");
    (output.status.code().unwrap(), text, fs::read_to_string(&file).unwrap())
}

/// Names and values.
type Parameters<'p> = &'p [(&'p str, &'p str)];

/// The line as `sam deploy --guided` writes it, with these parameters.
fn line(parameters: Parameters<'_>) -> String {
    let parameters: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}=\\\"{value}\\\"")).collect();
    format!("parameter_overrides = \"{}\"\n", parameters.join(" "))
}

const HEAD: &str = "version = 0.1\n\n[default.deploy.parameters]\ncapabilities = \"CAPABILITY_IAM\"\n";
const TAIL: &str =
    "image_repositories = []\n\n[staging.deploy.parameters]\nparameter_overrides = \"OnError=\\\"proceed\\\"\"\n";

/// Each line before, what is set, and the line after.
#[test]
fn a_parameter_is_set_in_the_line_that_sam_wrote() {
    let guided = [("RulesTableName", "precall-rules"), ("ExistingRulesTable", ""), ("ReservedConcurrency", "-1")];
    let keys = "vendor=0011,vendor-2026-12=2233";
    let cases: [(Parameters<'_>, &[&str], Parameters<'_>); 6] = [
        (&guided, &["ReservedConcurrency=0"], &[guided[0], guided[1], ("ReservedConcurrency", "0")]),
        (&guided, &["ExistingRulesTable=rules-2"], &[guided[0], ("ExistingRulesTable", "rules-2"), guided[2]]),
        (
            &guided,
            &["OnError=reject", "ExistingRulesTable=a.b-c_d"],
            &[guided[0], ("ExistingRulesTable", "a.b-c_d"), guided[2], ("OnError", "reject")],
        ),
        (&[("AlarmEmail", "a@b.c"), guided[2]], &["AlarmEmail="], &[("AlarmEmail", ""), guided[2]]),
        // Commas and equals signs are parts of the value.
        (&guided, &[&format!("ApiKeys={keys}")], &[guided[0], guided[1], guided[2], ("ApiKeys", keys)]),
        (&[("ApiKeys", keys), guided[2]], &["ApiKeys=vendor=0011"], &[("ApiKeys", "vendor=0011"), guided[2]]),
    ];
    for (before, arguments, after) in cases {
        let (status, output, file) = set(&format!("{HEAD}{}{TAIL}", line(before)), arguments);
        assert_eq!(status, 0, "{output}");
        assert_eq!(file, format!("{HEAD}{}{TAIL}", line(after)), "{arguments:?}: {output}");
        assert!(output.contains("to apply it, run `sam deploy`"), "{output}");
    }
}

#[test]
fn other_forms_of_the_file_are_read_or_refused() {
    let on_error = line(&[("OnError", "reject")]);
    // No line yet: it is added at the end of the section, before the empty line.
    let (_, output, file) = set(&format!("{HEAD}\n[staging.deploy.parameters]\n"), &["OnError=reject"]);
    assert_eq!(file, format!("{HEAD}{on_error}\n[staging.deploy.parameters]\n"), "{output}");
    // No section yet.
    let (_, output, file) = set("version = 0.1\n", &["OnError=reject"]);
    assert_eq!(file, format!("version = 0.1\n\n[default.deploy.parameters]\n{on_error}"), "{output}");
    // Another environment.
    let (_, output, file) = set(&format!("{HEAD}{TAIL}"), &["--config-env", "staging", "OnError=reject"]);
    assert_eq!(file, format!("{HEAD}{}", TAIL.replace("proceed", "reject")), "{output}");
    // Values without quotation marks, and a comment.
    let by_hand = "[default.deploy.parameters]\nparameter_overrides = \"OnError=proceed MemorySize=512\" # ours\n";
    let (_, output, file) = set(by_hand, &["OnError=reject"]);
    let after = line(&[("OnError", "reject"), ("MemorySize", "512")]);
    assert_eq!(file, format!("[default.deploy.parameters]\n{} # ours\n", after.trim_end()), "{output}");
    // These stay as they are.
    for (config, wanted) in [
        ("[default.deploy.parameters]\nparameter_overrides = [\"OnError=proceed\"]\n", "edit it by hand"),
        ("[default.deploy.parameters]\nparameter_overrides = \"\"\"\nOnError=proceed\"\"\"\n", "edit it by hand"),
        ("[default.deploy.parameters]\nparameter_overrides = 'OnError=proceed'\n", "edit it by hand"),
        (
            "[default.deploy.parameters]\nparameter_overrides = \"ParameterKey=OnError,ParameterValue=proceed - \"\n",
            "cannot read",
        ),
        (
            "[default.global.parameters]\nparameter_overrides = \"OnError=proceed\"\n",
            "move it to [default.deploy.parameters]",
        ),
    ] {
        let (status, output, file) = set(config, &["OnError=reject"]);
        assert_eq!((status, file.as_str()), (1, config), "{output}");
        assert!(output.contains(wanted), "{output}");
    }
}

#[test]
fn a_mistake_changes_nothing_and_says_what_to_do() {
    let config = format!("{HEAD}{}", line(&[("OnError", "proceed")]));
    for (arguments, wanted) in [
        (vec!["OnEror=reject"], "OnEror is not a parameter of template.yaml; it has: ApiKeys"),
        (vec!["OnError=reject", "Architecture=x86_64"], "Architecture is not a parameter"),
        (vec!["OnError"], "'OnError' is not NAME=VALUE"),
        (vec!["OnError=a\"b"], "the value of OnError has a quotation mark"),
        (vec!["OnError=a\\b"], "the value of OnError has a quotation mark"),
        (vec!["OnError=a\nb"], "the value of OnError has a quotation mark"),
        (vec!["NumberHashKey=0123456789abcdef"], "NumberHashKey is a secret"),
        (vec!["--guided"], "unknown option --guided"),
    ] {
        let (status, output, file) = set(&config, &arguments);
        assert_eq!((status, &file), (1, &config), "{arguments:?}: {output}");
        assert!(output.contains(wanted), "{arguments:?}: {output}");
        assert!(!output.contains("0123456789abcdef"), "{output}");
    }
}

#[test]
fn a_change_with_an_effect_that_is_easy_to_miss_is_explained() {
    for (assignment, wanted) in [
        ("RulesTableName=rules-2", "a new, empty one, and no rule applies"),
        ("ExistingRulesTable=", "a new, empty one, and no rule applies"),
        ("AttemptsTableName=attempts-2", "every cap counts from zero"),
        ("ReservedConcurrency=0", "answers no calls"),
        ("LogRetentionDays=30", "deleted within days"),
        ("JournalTableName=journal-2", "a new, empty journal table"),
        ("Journal=no", "No change of a rule is kept from then on"),
        ("JournalRetentionDays=30", "applies to later entries only"),
        ("ExistingRulesTable=rules-2", "only if ExistingRulesTableStreamArn is the ARN of its stream"),
    ] {
        let (status, output, _) = set(HEAD, &[assignment]);
        assert!(status == 0 && output.contains(wanted), "{assignment}: {output}");
    }
    let (_, output, _) = set(HEAD, &["ExistingRulesTable=rules-2"]);
    assert!(!output.contains("empty"), "{output}");
}

/// A command with `--parameter-overrides` is undone by the next plain `sam deploy`.
#[test]
fn no_printed_command_sets_a_parameter_on_the_command_line() {
    let mut files = vec![root().join("README.md"), root().join("template.yaml"), root().join("samconfig.toml")];
    let mut folders =
        vec![root().join("docs"), root().join("scripts"), root().join("src"), root().join("crates/precall-cli/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() > 60);
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for line in text.lines() {
            let sets = line.contains("sam deploy --parameter-overrides");
            assert!(!sets, "{}: {line}", file.display());
        }
    }
}

#[test]
fn files_with_keys_are_ignored_by_git_and_docker() {
    for file in [".gitignore", ".dockerignore"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert!(text.lines().any(|line| line == "precall.env"), "{file}");
    }
}

fn executable(path: PathBuf, text: &str) {
    fs::write(&path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `python3 -m venv FOLDER` makes a pip that only reports; the script runs in a copy of the repository's folder.
#[test]
fn the_installation_of_the_tools_shows_progress_and_prints_the_path() {
    let folder = Folder::new();
    let scripts = folder.path().join("scripts");
    fs::create_dir(&scripts).unwrap();
    for name in ["deploy-tools.sh", "requirements-deploy.txt"] {
        fs::copy(root().join("scripts").join(name), scripts.join(name)).unwrap();
    }
    let python = folder.path().join("python");
    executable(
        python.clone(),
        "#!/bin/sh\nmkdir -p \"$3/bin\"\nprintf '#!/bin/sh\\ncase \"$*\" in *--quiet*) ;; *) echo Collecting aws-sam-cli ;; esac\\n' >\"$3/bin/pip\"\nchmod +x \"$3/bin/pip\"\n",
    );
    let run = |python: &Path| Command::new(scripts.join("deploy-tools.sh")).env("PYTHON", python).output().unwrap();
    let line = format!("export PATH=\"{}/.tools/deploy/bin:$PATH\"\n", folder.path().canonicalize().unwrap().display());

    let missing = run(Path::new("no-such-python"));
    assert!(!missing.status.success() && missing.stdout.is_empty());
    let first = run(&python);
    let progress = String::from_utf8(first.stderr).unwrap();
    assert!(progress.contains("takes some minutes") && progress.contains("Collecting aws-sam-cli"), "{progress}");
    assert_eq!(String::from_utf8(first.stdout).unwrap(), line, "{progress}");
    // Installed already: nothing but the line.
    let second = run(&python);
    assert_eq!((String::from_utf8(second.stdout).unwrap(), second.stderr), (line, vec![]));
}

/// The folder of the binaries is cargo's, wherever a variable or a configuration has moved it.
#[test]
fn the_target_folder_is_that_of_cargo() {
    let script = root().join("scripts/target-folder.sh");
    let folder = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let moved = folder(Command::new(&script).env("CARGO_TARGET_DIR", "/tmp/elsewhere"));
    assert_eq!(moved, "/tmp/elsewhere\n");
    let home = Folder::new();
    fs::create_dir(home.path().join("home")).unwrap();
    // The variable of the configuration's key; cargo reads it like the file.
    let configured =
        folder(Command::new(&script).env_remove("CARGO_TARGET_DIR").env("CARGO_BUILD_TARGET_DIR", home.path()));
    assert_eq!(configured, format!("{}\n", home.path().display()));
}

/// `make run` lets cargo find the binary, and passes its arguments on. A stub in place of cargo reports them.
#[test]
fn make_run_passes_arguments_on_and_says_how_long_a_build_takes() {
    let stubs = Folder::new();
    executable(stubs.path().join("cargo"), "#!/bin/sh\necho \"cargo $*\"\n");
    let path = format!("{}:{}", stubs.path().display(), std::env::var("PATH").unwrap());
    let run = |arguments: &[&str]| {
        let output = Command::new("make")
            .current_dir(root())
            .arg("run")
            .args(arguments)
            .env("PATH", &path)
            .env_remove("MAKEFLAGS")
            .output()
            .unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let served = "cargo run --locked --package precall-cli -- serve --example";
    let plain = run(&[]);
    assert!(plain.contains("The first build") && plain.contains("several minutes"), "{plain}");
    assert!(plain.lines().filter(|line| line.trim_end() == served).count() >= 2, "{plain}");
    let with = run(&["ARGS=--listen 127.0.0.1:9100 --page off"]);
    assert!(
        with.lines().filter(|line| *line == format!("{served} --listen 127.0.0.1:9100 --page off")).count() >= 2,
        "{with}"
    );
}
