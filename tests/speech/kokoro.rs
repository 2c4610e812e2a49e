//! Kokoro as a side service (docs/speech.md): run by hand, because the model is fetched first.

use mayorline::domain::speech::free_text::sentences;
use mayorline::domain::webhook::Target;
use mayorline::gateway::speech::{Engine, HttpEngine, HttpForm, SpeechBounds};
use mayorline::media::level;
use mayorline::wire::g711::Codec;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const REPLY: &str = "您反映的北宿镇路灯不亮问题，已于2026年11月24日修复，共更换灯具12盏。承办单位电话0537-5210000。";

#[test]
#[ignore = "by hand: start deploy/speech/kokoro_server.py as docs/speech.md says, then \
            MAYORLINE_KOKORO=http://127.0.0.1:8880/v1/audio/speech cargo test --test speech kokoro -- --ignored"]
fn kokoro_says_a_reply_at_the_level_of_the_prompts() {
    let url = std::env::var("MAYORLINE_KOKORO").expect("MAYORLINE_KOKORO names the service");
    let (model, voice) = ("kokoro".to_owned(), "zf_xiaobei".to_owned());
    let engine = Engine::Http(Box::new(HttpEngine {
        target: Target::parse(&url).unwrap(),
        form: HttpForm::OpenAi { model, voice },
        key: None,
        tls: mayorline::web::trust(None).unwrap(),
        bounds: SpeechBounds { timeout: Duration::from_secs(60), bytes_max: 4 << 20 },
    }));
    for sentence in sentences(REPLY).unwrap() {
        let said = engine.speak(&sentence, &AtomicBool::new(false)).unwrap();
        let samples: Vec<i16> = said.alaw.iter().map(|&code| Codec::Pcma.decode(code)).collect();
        let level = level::measure(&samples);
        let seconds = samples.len() / 8_000;
        println!("{sentence}: {seconds} s, {level:?}");
        assert!((level.active_dbov + 26.0).abs() <= 0.5, "{level:?}");
        let chars = sentence.chars().count();
        assert!((chars / 8..=chars).contains(&seconds), "{sentence}: {seconds} s");
    }
}
