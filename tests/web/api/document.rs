//! The description of the interface, and answers held against it.

use crate::http::Answer;
use serde_json::{Value, json};

/// The document, read once a test.
pub(crate) struct Document(Value);

impl Document {
    pub(crate) fn read() -> Self {
        Self(serde_json::from_str(&mayorline::web::openapi()).unwrap())
    }

    /// The operation of a method on a path.
    fn operation(&self, method: &str, path: &str) -> &Value {
        let path = path.split('?').next().unwrap();
        let fits = |template: &str| {
            let (a, b) = (template.split('/'), path.split('/'));
            template.split('/').count() == path.split('/').count()
                && a.zip(b).all(|(a, b)| a.starts_with('{') || a == b)
        };
        let paths = self.0["paths"].as_object().unwrap();
        let (_, found) = paths.iter().find(|(template, _)| fits(template)).unwrap_or_else(|| {
            panic!("{path} is not described");
        });
        let operation = &found[method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{method} {path} is not described");
        operation
    }

    /// Fails for a status that is not described, and for a body that is not as described.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let what = format!("{method} {path}: {}", answer.status);
        let response = &self.operation(method, path)["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{what} is not described: {}", answer.body);
        let content = response["content"].as_object();
        let Some((kind, media)) = content.and_then(|content| content.iter().next()) else {
            assert_eq!(answer.body, "", "{what}");
            return;
        };
        assert_eq!(answer.header("content-type"), Some(kind.as_str()), "{what}");
        if kind == "application/json" {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            self.check_value(&what, &media["schema"], &body);
        }
    }

    fn check_value(&self, what: &str, schema: &Value, value: &Value) {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<_> = validator.iter_errors(value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{what}: {faults:?} in {value}");
    }
}

#[test]
fn the_description_names_every_path_and_the_checks_do_fail() {
    let document = Document::read();
    let paths: Vec<_> = document.0["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(paths.len(), 32, "{paths:?}");
    assert_eq!(document.0["openapi"], "3.1.0");
    let schema = document.operation("POST", "/api/v1/session")["responses"]["401"]["content"]
        ["application/json"]["schema"]
        .clone();
    document.check_value("good", &schema, &json!({"rule": "3.7", "sentence": "请先登录。"}));
    let bad = std::panic::catch_unwind(|| {
        document.check_value("bad", &schema, &json!({"rule": 7}));
    });
    assert!(bad.is_err(), "a wrong body is found");
    let undescribed = Answer::read("HTTP/1.1 418 teapot\r\n\r\n");
    let found = std::panic::catch_unwind(|| document.check("GET", "/api/v1/cases", &undescribed));
    assert!(found.is_err(), "a status that is not described is found");
}

#[test]
fn every_command_stands_in_the_description_with_its_fields() {
    let document = Document::read();
    let forms = document.0["components"]["schemas"]["CommandForm"]["oneOf"].as_array().unwrap();
    let named: Vec<_> = forms
        .iter()
        .map(|form| form["properties"]["do"]["enum"][0].as_str().unwrap_or_default().to_owned())
        .collect();
    for name in ["accept", "classify", "recuse", "confirm_seal", "decide_admonition"] {
        assert!(named.contains(&name.to_owned()), "{name}: {named:?}");
    }
    let classify = &forms[named.iter().position(|name| name == "classify").unwrap()];
    for field in ["nature", "domain", "place", "urgency", "accused"] {
        assert!(classify["properties"][field].is_object(), "{field}: {classify}");
    }
}
