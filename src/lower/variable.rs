//! What the name of an environment variable says: that it holds a secret, that it switches a check off, and that a
//! build writes its value into the code which every visitor downloads. The words are rows of
//! `rules/tables/browser-variables.toml`.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::tables::{V, table};

/// Whether a variable with this value switches the check of certificates off, of the program that reads it.
pub fn is_tls_switch(key: &str, value: &str) -> bool {
    let is_on = !matches!(value, "" | "0" | "false" | "no" | "off");
    match key {
        "NODE_TLS_REJECT_UNAUTHORIZED" | "PYTHONHTTPSVERIFY" => value == "0",
        "GIT_SSL_NO_VERIFY" => is_on,
        "NPM_CONFIG_STRICT_SSL" | "npm_config_strict_ssl" | "YARN_ENABLE_STRICT_SSL" => !is_on,
        "PIP_TRUSTED_HOST" => !value.is_empty(),
        _ => false,
    }
}

/// Whether a name says that its value is a secret: by its last words, as `PASSWORD_FILE` names a file.
pub fn names_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace(['-', '.'], "_");
    let public = ["public", "publishable", "next_", "vite_", "react_app_"].iter().any(|word| key.contains(word));
    let ends = |words: &[&str]| {
        words.iter().any(|word| key.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with('_') || word.len() > 5))
    };
    !public
        && ends(&[
            "password",
            "passwd",
            "passphrase",
            "secret",
            "token",
            "apikey",
            "api_key",
            "private_key",
            "secret_key",
            "access_key",
            "secret_access_key",
            "secret_key_base",
            "client_secret",
            "encryption_key",
            "signing_key",
            "jwt_key",
            "auth_key",
            "credentials",
        ])
}

/// Whether a variable holds the address of a database, in which its password stands.
pub fn names_database_address(key: &str) -> bool {
    const NAMES: [&str; 16] = [
        "DATABASE_URL",
        "DATABASE_URI",
        "DB_URL",
        "DB_URI",
        "DB_CONNECTION_STRING",
        "MONGO_URI",
        "MONGO_URL",
        "MONGODB_URI",
        "MONGODB_URL",
        "POSTGRES_URL",
        "POSTGRES_URI",
        "PG_URL",
        "MYSQL_URL",
        "REDIS_URL",
        "AMQP_URL",
        "RABBITMQ_URL",
    ];
    NAMES.contains(&key)
}

/// Whether a value is one, and not a place where one is to be put.
pub fn is_filled_in(value: &str) -> bool {
    const PLACEHOLDERS: [&str; 19] = [
        "changeme",
        "change_me",
        "change-me",
        "changeit",
        "dummy",
        "placeholder",
        "example",
        "your",
        "xxx",
        "todo",
        "insert",
        "replace",
        "none",
        "null",
        "undefined",
        "fake",
        "not-a",
        "secret_key_base",
        "redacted",
    ];
    let lower = value.trim().to_ascii_lowercase();
    // `mongodb://:@host`: the address of something, whose password is left empty.
    let is_address = |rest: &str| rest.split_once('@').is_none_or(|(credentials, _)| credentials.is_empty() || credentials.ends_with(':'));
    let is_path = lower.starts_with(['/', '.', '<', '[', '{', '*']) || lower.split_once("://").is_some_and(|(_, rest)| is_address(rest));
    let is_plain = matches!(lower.as_str(), "true" | "false" | "yes" | "no" | "on" | "off")
        || lower.parse::<f64>().is_ok_and(|number| number < 1000.0);
    lower.len() >= 3 && !is_path && !is_plain && !PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// A prefix of names that a build inlines.
#[derive(Debug)]
pub struct Inlined {
    /// `NEXT_PUBLIC_`.
    pub prefix: &'static str,
    /// The tool that does it.
    pub tool: &'static str,
    /// The packages one of which must be there, for a prefix that others use as well; empty for none.
    pub with: Vec<&'static str>,
}

/// What the table says.
struct Names {
    inlined: Vec<Inlined>,
    open: FxHashSet<&'static str>,
    tails: FxHashSet<&'static str>,
    secret: Vec<&'static str>,
    services: Vec<&'static str>,
    keys: Vec<&'static str>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let browser = table("browser-variables");
    let rows = browser.map(|browser| browser.list("prefix")).unwrap_or_default();
    let words = browser.and_then(|browser| browser.get("words"));
    let list = |name: &str| words.map(|words: &V| words.texts(name).collect::<Vec<_>>()).unwrap_or_default();
    Names {
        inlined: rows
            .iter()
            .map(|row| Inlined { prefix: row.text("prefix"), tool: row.text("tool"), with: row.texts("with").collect() })
            .collect(),
        open: list("open").into_iter().collect(),
        tails: list("tails").into_iter().collect(),
        secret: list("secret"),
        services: list("services"),
        keys: list("keys"),
    }
});

/// The tool that writes a variable of this name into the code for browsers.
pub fn inlined(name: &str) -> Option<&'static Inlined> {
    NAMES.inlined.iter().find(|row| name.starts_with(row.prefix))
}

/// Whether a variable that browsers may not see has this name. Stricter than [`names_secret`]: many
/// services hand out keys and tokens that are made for browsers.
pub fn is_secret_for_browsers(name: &str) -> bool {
    let name = inlined(name).map_or(name, |row| &name[row.prefix.len()..]).to_ascii_lowercase();
    let mut words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    if words.iter().any(|word| NAMES.open.contains(word)) {
        return false;
    }
    while words.len() > 1 && words.last().is_some_and(|last| NAMES.tails.contains(last) || last.parse::<u32>().is_ok()) {
        words.pop();
    }
    let name = words.join("_");
    let before = |ending: &str| {
        let before = name.strip_suffix(ending)?;
        if before.is_empty() { Some(before) } else { before.strip_suffix('_') }
    };
    let is_key_of_service = || {
        NAMES.keys.iter().filter_map(|key| before(key)).any(|owner| {
            NAMES.services.iter().any(|service| owner.strip_suffix(service).is_some_and(|more| more.is_empty() || more.ends_with('_')))
        })
    };
    NAMES.secret.iter().any(|ending| before(ending).is_some()) || is_key_of_service()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_keys_for_browsers_from_secrets() {
        for name in [
            "NEXT_PUBLIC_STRIPE_SECRET_KEY",
            "VITE_DB_PASSWORD",
            "REACT_APP_OPENAI_API_KEY",
            "EXPO_PUBLIC_SUPABASE_SERVICE_ROLE_KEY",
            "VITE_CLIENT_SECRET_PROD",
            "NEXT_PUBLIC_AZURE_OPENAI_KEY",
            "NUXT_PUBLIC_DATABASE_URL",
            "VITE_GITHUB_TOKEN",
        ] {
            assert!(inlined(name).is_some() && is_secret_for_browsers(name), "{name}");
        }
        for name in [
            "NEXT_PUBLIC_SUPABASE_ANON_KEY",
            "VITE_STRIPE_PUBLISHABLE_KEY",
            "NEXT_PUBLIC_DISABLE_EMAIL_PASSWORD_SIGNUP",
            "REACT_APP_GOOGLE_MAPS_API_KEY",
            "VITE_RECAPTCHA_SITE_KEY",
            "NEXT_PUBLIC_FIREBASE_DATABASE_URL",
            "VITE_PASSWORD_MIN_LENGTH",
            "VITE_SHOW_PASSWORD",
            "NEXT_PUBLIC_MAPBOX_TOKEN",
            "VITE_AUTH0_CLIENT_ID",
            "NEXT_PUBLIC_SECRET_NAME",
            "NEXT_PUBLIC_VAPID_PUBLIC_KEY",
        ] {
            assert!(!is_secret_for_browsers(name), "{name}");
        }
    }
}
