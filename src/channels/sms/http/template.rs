//! A provider that nothing is known of but its request: a template with places for what we say.

use super::request::{Asked, Text, params, with_query};
use super::signature::{Secret, percent};
use crate::domain::webhook::Target;
use serde_json::Value;

/// Any other provider: its request, with places for what we say.
#[derive(Debug, Clone)]
pub struct Generic {
    /// Where it is.
    pub endpoint: Target,
    /// GET or POST.
    pub method: &'static str,
    /// What stands behind the path, with places; their values are written as in a URL.
    pub query: String,
    /// The body, with places; empty with GET.
    pub body: String,
    /// Whether values in the body are written as in JSON, or as in a form.
    pub is_json: bool,
    /// Further headers; the place of the secret may stand in them.
    pub headers: Vec<(String, String)>,
    /// What it knows us by: the value of `${secret}`.
    pub secret: Secret,
    /// Where the answer has the name of the text: a JSON pointer (RFC 6901).
    pub reference: Option<String>,
}

/// A place of a template: `${to}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// Whom it goes to.
    To,
    /// The whole text.
    Text,
    /// Our own name of it.
    Id,
    /// The number of its template (S01).
    Template,
    /// Its values as a JSON object.
    Params,
    /// What the provider knows us by.
    Secret,
}

impl Field {
    const ALL: [(&'static str, Self); 6] = [
        ("to", Self::To),
        ("text", Self::Text),
        ("id", Self::Id),
        ("template", Self::Template),
        ("params", Self::Params),
        ("secret", Self::Secret),
    ];
}

/// How the values of places are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// As in a URL or a form.
    Form,
    /// Between the quotes of a JSON string; JSON in JSON stands as it is.
    Json,
    /// As they are.
    Plain,
}

impl Generic {
    /// Whether its places are known and closed, its body can be read where it is JSON, and it says to whom
    /// and what.
    ///
    /// # Errors
    /// In words, what is wrong.
    pub fn check(&self) -> Result<(), &'static str> {
        let sample = Text {
            id: "m1-1",
            template: "S01",
            to: "19900000000",
            params: &[],
            text: "您好",
            at: <_>::default(),
            nonce: [0; 16],
        };
        let body = of_other(self, &sample)?.body;
        let is_read = || serde_json::from_slice::<Value>(&body).is_ok();
        if self.is_json && !body.is_empty() && !is_read() {
            return Err(
                "the body is no JSON once its places are filled: ${params} stands without quotes, \
                        every other place between them",
            );
        }
        if !self.names("to") {
            return Err("query, body and headers say nowhere to whom: ${to}");
        }
        if !self.names("text") && !self.names("template") {
            return Err(
                "query, body and headers say nowhere what: ${text}, or ${template} and ${params}",
            );
        }
        match (self.names("secret"), self.secret.0.is_empty()) {
            (true, true) => Err("${secret} without a secret_file"),
            (false, false) => Err("a secret_file, and nowhere ${secret}"),
            _ => Ok(()),
        }
    }

    /// Whether a place stands in it anywhere.
    fn names(&self, place: &str) -> bool {
        let place = format!("${{{place}}}");
        let headers = self.headers.iter().map(|(_, value)| value);
        [&self.query, &self.body].into_iter().chain(headers).any(|text| text.contains(&place))
    }

    /// A template with its places filled.
    fn filled(
        &self,
        template: &str,
        text: &Text<'_>,
        style: Style,
    ) -> Result<String, &'static str> {
        let escape = |value: &str| match style {
            Style::Plain => value.to_owned(),
            Style::Form => percent(value),
            Style::Json => {
                let quoted = Value::from(value).to_string();
                // Without the quotes around it.
                quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
            }
        };
        let mut runs = template.split("${");
        let mut out = runs.next().unwrap_or_default().to_owned();
        for run in runs {
            let (name, rest) = run.split_once('}').ok_or("an open place in the template")?;
            let field = Field::ALL.iter().find(|(known, _)| *known == name);
            let (_, field) = field.ok_or("an unknown place in the template")?;
            out.push_str(&match field {
                Field::To => escape(text.to),
                Field::Text => escape(text.text),
                Field::Id => escape(text.id),
                Field::Template => escape(text.template),
                Field::Params if style == Style::Json => params(text).to_string(),
                Field::Params => escape(&params(text).to_string()),
                Field::Secret => escape(&self.secret.0),
            });
            out.push_str(rest);
        }
        Ok(out)
    }
}

pub(super) fn of_other(account: &Generic, text: &Text<'_>) -> Result<Asked, &'static str> {
    let query = account.filled(&account.query, text, Style::Form)?;
    let style = if account.is_json { Style::Json } else { Style::Form };
    let body = account.filled(&account.body, text, style)?;
    let mut headers = vec![];
    for (name, value) in &account.headers {
        headers.push((name.clone(), account.filled(value, text, Style::Plain)?));
    }
    if !body.is_empty() {
        let kind =
            if account.is_json { "application/json" } else { "application/x-www-form-urlencoded" };
        headers.push(("content-type".to_owned(), format!("{kind}; charset=utf-8")));
    }
    let path = match query.is_empty() {
        true => account.endpoint.path.clone(),
        false => with_query(&account.endpoint, &query),
    };
    let target = account.endpoint.clone();
    Ok(Asked { method: account.method, target, path, headers, body: body.into_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(query: &str, body: &str, is_json: bool, secret: &str) -> Generic {
        Generic {
            endpoint: Target::parse("https://sms.example.org/send").unwrap(),
            method: "POST",
            query: query.to_owned(),
            body: body.to_owned(),
            is_json,
            headers: vec![("x-key".to_owned(), "${secret}".to_owned())],
            secret: Secret(secret.to_owned()),
            reference: None,
        }
    }

    #[test]
    fn a_template_that_would_send_nothing_is_refused_before_a_text_is_lost_with_it() {
        let json = r#"{"to":"${to}","text":"${text}","id":"${id}","v":${params}}"#;
        for (query, body, is_json) in [
            ("", json, true),
            ("", r#"{"to":${to},"text":"${text}"}"#, true),
            ("to=${to}", "t=${text}", false),
            ("to=${to}&template=${template}", "", true),
        ] {
            assert_eq!(template(query, body, is_json, "k").check(), Ok(()), "{query} {body}");
        }
        for (query, body, secret, fault) in [
            ("to=${to}", r#"{"text":${text}}"#, "k", "no JSON"),
            ("to=${to", json, "k", "open place"),
            ("to=${too}", json, "k", "unknown place"),
            ("", r#"{"text":"${text}"}"#, "k", "to whom"),
            ("to=${to}", "", "k", "nowhere what"),
            ("", json, "", "without a secret_file"),
        ] {
            let refused = template(query, body, true, secret).check().unwrap_err();
            assert!(refused.contains(fault), "{query} {body}: {refused}");
        }
        let unused = Generic { headers: vec![], ..template("", json, true, "k") };
        assert!(unused.check().unwrap_err().contains("nowhere ${secret}"));
    }
}
