//! Configuration files, `--set`, and the exit codes around them.

use crate::run;
use crate::support::free_udp_port;

fn file(folder: &tempfile::TempDir, text: &str) -> String {
    let path = folder.path().join("city.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_good_configuration_is_accepted_and_the_documented_one_is_good() {
    let documented = concat!(env!("CARGO_MANIFEST_DIR"), "/config/mayorline.toml");
    for arguments in [&["check-config"][..], &["check-config", "--config", documented]] {
        let checked = run(arguments);
        assert_eq!((checked.code, checked.out.as_str()), (0, "configuration ok\n"), "{checked:?}");
    }
}

#[test]
fn a_fault_in_the_file_is_78_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    for (text, complaint) in [
        ("[sip]\n  udpp = 1\n", ":2:3: unknown key sip.udpp"),
        ("[sipp]\n", ":1:2: unknown key sipp"),
        ("[sip]\nudp = \n", ":2:7: "),
        ("[sip]\ncalls_max = \"x\"\n", ":2:1: sip.calls_max: invalid type"),
        ("[media]\nports = [9, 1]\n", ":2:1: media.ports must be two ports"),
    ] {
        let path = file(&folder, text);
        for verb in ["check-config", "serve", "verify", "doctor"] {
            let refused = run(&[verb, "--config", &path]);
            assert_eq!(refused.code, 78, "{verb} {text}: {refused:?}");
            let begin = format!("mayorline: {path}{complaint}");
            assert!(refused.err.starts_with(&begin), "{}", refused.err);
            assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
        }
    }
}

#[test]
fn a_setting_wins_over_the_file_and_its_own_fault_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "[sip]\ncalls_max = 5\n");
    let with = |setting: &str| run(&["check-config", "--config", &path, "--set", setting]);
    assert_eq!(with("sip.calls_max=7").code, 0);
    let refused = with("sip.calls_max=0");
    assert_eq!(refused.code, 78);
    assert!(
        refused.err.contains("--set sip.calls_max=0: sip.calls_max must be 1 to 100000"),
        "{}",
        refused.err
    );
    let last = run(&["check-config", "--set", "log.format=xml", "--set", "log.format=json"]);
    assert_eq!(last.code, 78, "each setting is looked at: {last:?}");
}

/// What the configuration names is read as well: what is accepted here does not end a start.
#[test]
fn a_file_that_the_configuration_names_and_that_is_not_sound_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = file(&folder, "no certificate and no table of holidays");
    for (setting, named) in [
        (format!("deadline.calendar_folder={:?}", folder.path()), "city.toml: "),
        ("deadline.calendar_folder=/nowhere".to_owned(), "/nowhere"),
        (format!("sip.tls_certificate={certificate}"), "sip.tls"),
        ("sip.tls_certificate=/nowhere.pem".to_owned(), "/nowhere.pem"),
        ("log.level=mayorline=loud".to_owned(), "log.level"),
        ("seats.digest=[]".to_owned(), "seats.digest"),
        ("seats.digest=[\"SHA-1\"]".to_owned(), "seats.digest"),
        ("seats.sign_in_code=11".to_owned(), "seats.sign_in_code"),
        ("seats.sign_in_code=*123456789".to_owned(), "seats.sign_in_code"),
    ] {
        let refused = run(&["check-config", "--set", &setting]);
        assert_eq!((refused.code, refused.out.as_str()), (78, ""), "{setting}: {refused:?}");
        assert!(refused.err.contains(named), "{setting}: {}", refused.err);
    }
}

#[test]
fn the_account_of_notices_is_one_of_the_modems_in_whatever_order_they_are_given() {
    let modem = "messages.smsd=[{account='modem',folder='/var/spool/sms',modem='GSM1'}]";
    let notices = "messages.notices_by=modem";
    for [first, second] in [[modem, notices], [notices, modem]] {
        let taken = run(&["check-config", "--set", first, "--set", second]);
        assert_eq!((taken.code, taken.out.as_str()), (0, "configuration ok\n"), "{taken:?}");
    }
    for (settings, named) in [
        (vec![notices], "messages.notices_by: modem"),
        (vec![modem, "messages.notices_by=other"], "messages.notices_by: other"),
        (vec!["messages.signature=市"], "messages.signature"),
        (vec!["messages.smsd=[{account='a b',folder='/x',modem='G'}]"], "messages.smsd.account"),
        (vec!["messages.smsd=[{account='a',folder='x',modem='G'}]"], "messages.smsd.folder"),
        (vec!["messages.smsd=[{account='a',folder='/x',modem=''}]"], "messages.smsd.modem"),
    ] {
        let given: Vec<&str> = settings.iter().flat_map(|one| ["--set", *one]).collect();
        let refused = run(&[&["check-config"][..], &given].concat());
        assert_eq!(refused.code, 78, "{settings:?}: {refused:?}");
        assert!(refused.err.contains(named), "{settings:?}: {}", refused.err);
    }
}

/// What a mailbox names is read by `check-config` too: its secrets, and whom it believes.
#[test]
fn a_mailbox_is_known_whole_before_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, empty) = (folder.path().join("secret"), folder.path().join("empty"));
    std::fs::write(&secret, "a pass-word\n").unwrap();
    std::fs::write(&empty, "").unwrap();
    let mailbox = |more: &str, file: &std::path::Path| {
        let file = file.display();
        format!(
            "{{account='box',address='a@example.org',name='n',hotline='1',{more}\
             pop3={{host='localhost',user='u',password_file='{file}'}},smtp={{host='localhost'}}}}"
        )
    };
    let right = mailbox("", &secret);
    let set = |setting: String| vec!["--set".to_owned(), setting];
    let notices = set("messages.mail_notices_by=box".to_owned());
    let one = set(format!("messages.mail=[{right}]"));
    for given in [[one.clone(), notices.clone()].concat(), [notices.clone(), one.clone()].concat()]
    {
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        let taken = run(&[&["check-config"][..], &given].concat());
        assert_eq!((taken.code, taken.out.as_str()), (0, "configuration ok\n"), "{taken:?}");
    }
    let modem = "messages.smsd=[{account='box',folder='/var/spool/sms',modem='GSM1'}]";
    for (given, named) in [
        (notices, "messages.mail_notices_by: box"),
        (set("messages.mail=[{account='box'}]".to_owned()), "missing field"),
        ([one, set(modem.to_owned())].concat(), "messages.mail.account: box"),
        (set(format!("messages.mail=[{right},{right}]")), "messages.mail.account: box"),
        (
            set(format!("messages.mail=[{}]", mailbox("ca_file='/nowhere.pem',", &secret))),
            "/nowhere.pem",
        ),
        (
            set(format!("messages.mail=[{}]", mailbox("", &empty))),
            "messages.mail.pop3.password_file",
        ),
        (
            set(format!("messages.mail=[{}]", mailbox("imap={host='a',user='u'},", &secret))),
            "messages.mail.imap",
        ),
    ] {
        let words: Vec<&str> = given.iter().map(String::as_str).collect();
        let refused = run(&[&["check-config"][..], &words].concat());
        assert_eq!(refused.code, 78, "{given:?}: {refused:?}");
        assert!(refused.err.contains(named), "{given:?}: {}", refused.err);
    }
}

#[test]
fn a_speech_engine_is_named_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let key = file(&folder, "secret");
    let key = format!("speech.key_file={key}");
    let url = "speech.url=http://127.0.0.1:8880/v1/audio/speech";
    for settings in [
        vec!["speech.engine=command"],
        vec!["speech.engine=http_openai", url],
        vec![url, "speech.engine=http_openai", &key],
        vec!["speech.engine=http_template", url, "speech.body='{\"text\":\"{text}\"}'"],
    ] {
        let given: Vec<&str> = settings.iter().flat_map(|one| ["--set", *one]).collect();
        let taken = run(&[&["check-config"][..], &given].concat());
        assert_eq!(taken.code, 0, "{settings:?}: {taken:?}");
    }
    for (settings, named) in [
        (vec!["speech.engine=piper"], "speech.engine"),
        (vec!["speech.engine=http_openai"], "speech.url"),
        (vec!["speech.engine=http_template", url], "speech.body"),
        (vec!["speech.url=http://speech.example/v1"], "speech.url"),
        (vec!["speech.engine=command", "speech.command=[]"], "speech.command"),
        (vec!["speech.command=['espeak-ng', '-v', 'cmn']"], "cmn-latn-pinyin"),
        (vec!["speech.timeout_seconds=0"], "speech.timeout_seconds"),
        (vec!["speech.bytes_max=1"], "speech.bytes_max"),
        (vec!["speech.audio_at=data"], "speech.audio_at"),
        (vec!["speech.key_header=Authorization"], "speech.key_header"),
        (vec!["speech.key_header=X Key: {key}"], "speech.key_header"),
        (vec!["speech.content_type=text/plain; name=路灯"], "speech.content_type"),
        (vec!["speech.engine=http_openai", url, "speech.key_file=/nowhere.key"], "/nowhere.key"),
    ] {
        let given: Vec<&str> = settings.iter().flat_map(|one| ["--set", *one]).collect();
        let refused = run(&[&["check-config"][..], &given].concat());
        assert_eq!(refused.code, 78, "{settings:?}: {refused:?}");
        assert!(refused.err.contains(named), "{settings:?}: {}", refused.err);
    }
}

#[test]
fn the_secrets_of_accounts_are_read_before_anything_starts() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let smpp = |file: &str| {
        format!(
            "messages.smpp=[{{account='s',host='127.0.0.1',system_id='x',password_file='{file}'}}]"
        )
    };
    let modem = |pin: &str| {
        format!("messages.modem=[{{account='m',device='/dev/ttyUSB0',pin_file='{pin}'}}]")
    };
    let http = |file: &str| {
        format!(
            "messages.http=[{{account='h',provider='none',listen='127.0.0.1:8090',\
             path_secret_file='{file}'}}]"
        )
    };
    let good = [
        smpp(&file("password", "secret08\n")),
        modem(&file("pin", "1234\n")),
        http(&file("path", "abcdefgh-01234567\n")),
    ];
    let given: Vec<&str> = good.iter().flat_map(|one| ["--set", one.as_str()]).collect();
    let taken = run(&[&["check-config"][..], &given].concat());
    assert_eq!((taken.code, taken.out.as_str()), (0, "configuration ok\n"), "{taken:?}");
    for (setting, named, hidden) in [
        (smpp("/nowhere/password"), "messages.smpp.password_file: /nowhere/password", "-"),
        (smpp(&file("long", "secret0809")), "SMPP has 8 characters at most", "secret0809"),
        (smpp(&file("empty", "\n")), "one line of at most", "-"),
        (modem(&file("word", "geheim")), "messages.modem.pin_file", "geheim"),
        (http(&file("short", "abcdefgh")), "messages.http.path_secret_file", "abcdefgh"),
    ] {
        let refused = run(&["check-config", "--set", &setting]);
        assert_eq!(refused.code, 78, "{setting}: {refused:?}");
        assert!(refused.err.contains(named), "{setting}: {}", refused.err);
        assert!(!refused.err.contains(hidden) || hidden == "-", "{}", refused.err);
    }
}

/// A key that a provider does not have would be passed over, and a request that cannot be read fails with
/// every text: both are said before anything starts.
#[test]
fn a_provider_of_texts_is_asked_as_it_can_be() {
    let http = |keys: &str| format!("messages.http=[{{account='h',{keys}}}]");
    let template = |keys: &str| {
        http(&format!(
            "provider='template',url='http://127.0.0.1:8091/send',query='to=${{to}}',{keys}"
        ))
    };
    let aliyun = "provider='aliyun',url='https://sms.example.org/',secret_file='/k',key_id='i',\
                  signature='邹城',templates={S01='1'}";
    for (setting, named) in [
        (
            http(&format!("{aliyun},method='GET'")),
            "messages.http.method: not of provider = \"aliyun\"",
        ),
        (template("method='GET',body='${text}'"), "messages.http.body: not with method"),
        (template("body='{\"t\":${text}}'"), "messages.http: h: the body is no JSON"),
        (template("body_is='form'"), "messages.http.body_is: there is no body"),
        (
            template("headers={x='${to}'}"),
            "messages.http: h: query, body and headers say nowhere what",
        ),
    ] {
        let refused = run(&["check-config", "--set", &setting]);
        assert_eq!(refused.code, 78, "{setting}: {refused:?}");
        assert!(refused.err.contains(named), "{setting}: {}", refused.err);
    }
    let taken = template("method='GET',headers={x='${text}'}");
    assert_eq!(run(&["check-config", "--set", &taken]).code, 0);
}

#[test]
fn a_configuration_that_is_not_there_is_66() {
    let refused = run(&["check-config", "--config", "/nowhere/city.toml"]);
    assert_eq!(refused.code, 66);
    assert!(refused.err.contains("/nowhere/city.toml"), "{}", refused.err);
}

#[test]
fn an_address_that_is_taken_is_69() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_udp_port();
    let _taken = std::net::UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let udp = format!("sip.udp=127.0.0.1:{port}");
    let data = folder.path().to_str().unwrap();
    let free = ["--set", "sip.tcp=127.0.0.1:0", "--set", "web.listen=127.0.0.1:0"];
    let refused = run(&[&["serve", "--data", data, "--set", &udp][..], &free].concat());
    assert_eq!((refused.code, refused.out.as_str()), (69, ""));
    assert!(refused.err.contains(&format!("127.0.0.1:{port}")), "{}", refused.err);
}

#[test]
fn prompts_are_checked_and_a_broken_recording_of_the_city_is_65() {
    let sound = run(&["prompts", "check"]);
    assert_eq!(sound.code, 0, "{sound:?}");
    assert!(sound.out.starts_with("clips "), "{}", sound.out);
    let sheet = run(&["prompts", "sheet"]);
    assert!(sheet.code == 0 && sheet.out.lines().count() > 100, "{}", sheet.err);
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("opening")).unwrap();
    std::fs::write(folder.path().join("opening/G01.wav"), b"RIFF but nothing else").unwrap();
    let overlay = format!("prompts.overlay={:?}", folder.path());
    let data = folder.path().join("data");
    for verb in [&["prompts", "check"][..], &["serve"]] {
        let place = ["--data", data.to_str().unwrap(), "--set", &overlay];
        let free = ["--set", "sip.udp=127.0.0.1:0", "--set", "sip.tcp=127.0.0.1:0"];
        let refused = run(&[verb, &place, &free].concat());
        assert_eq!(refused.code, 65, "{refused:?}");
        assert!((refused.out + &refused.err).contains("G01"), "the file is named: {}", refused.err);
    }
}
