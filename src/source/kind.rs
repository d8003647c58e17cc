//! What a file holds, decided by its name and, where names are not enough, its first bytes.

use serde::Serialize;

/// The format of a file. Several names may share one format; the role of a file (test, example) is
/// [`super::PathClass`]'s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// Terraform and `OpenTofu` configuration in HCL.
    Terraform,
    /// Values for Terraform variables: `.tfvars`.
    Tfvars,
    /// Other HCL: Packer, Nomad, Terragrunt, `.terraform.lock.hcl`.
    Hcl,
    /// TypeScript without JSX.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
    /// JavaScript, with or without JSX.
    JavaScript,
    /// A single-file component (Vue, Svelte, Astro) whose script block is TypeScript.
    Component,
    /// Rust.
    Rust,
    /// Dockerfile or Containerfile.
    Dockerfile,
    /// `.env` and its relatives.
    Dotenv,
    /// YAML.
    Yaml,
    /// JSON, with or without comments.
    Json,
    /// TOML.
    Toml,
    /// INI-like: `.npmrc`, `.pypirc`, AWS credentials, `.gitconfig`, Java properties.
    Ini,
    /// XML and its dialects.
    Xml,
    /// Shell scripts.
    Shell,
    /// A nats-server configuration file.
    NatsConf,
    /// Armoured key material: `.pem`, `.key`, `.creds`, `.nk`.
    Pem,
    /// Markdown and other prose.
    Prose,
    /// Any other programming language: only the text rules look at it.
    Code,
    /// Anything else that is text.
    Text,
}

impl FileKind {
    /// The kind of the file at `path` (relative, `/`) whose text is `text`.
    pub fn of(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let lower = name.to_ascii_lowercase();
        Self::by_name(&lower).or_else(|| Self::by_extension(&lower)).unwrap_or_else(|| Self::by_content(&lower, text))
    }

    fn by_name(name: &str) -> Option<Self> {
        if is_dockerfile(name) {
            return Some(Self::Dockerfile);
        }
        if is_dotenv(name) {
            return Some(Self::Dotenv);
        }
        if name.ends_with(".tf.json") || name.ends_with(".tofu.json") {
            return Some(Self::Json);
        }
        if matches!(template_of(name), "nats.conf" | "nats-server.conf" | "gnatsd.conf") {
            return Some(Self::NatsConf);
        }
        match name {
            ".npmrc" | ".yarnrc" | ".pypirc" | ".gitconfig" | ".boto" | ".s3cfg" | ".flaskenv" | ".my.cnf" | ".editorconfig"
            | "credentials" | "pip.conf" => Some(Self::Ini),
            ".bashrc" | ".zshrc" | ".profile" | ".bash_profile" | ".zshenv" | ".zprofile" => Some(Self::Shell),
            "jenkinsfile" | "gemfile" | "rakefile" | "vagrantfile" | "podfile" | "fastfile" | "brewfile" | "capfile" => Some(Self::Code),
            "cargo.lock" | "poetry.lock" | "uv.lock" => Some(Self::Toml),
            ".babelrc" | ".eslintrc" | ".swcrc" | ".dockercfg" | "composer.lock" => Some(Self::Json),
            ".clang-format" | ".yamllint" => Some(Self::Yaml),
            "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Some(Self::Pem),
            _ => None,
        }
    }

    fn by_extension(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        Some(match extension {
            // A template of a program, which no parser reads: `auth.rs.t`.
            "t" | "tmpl" | "tpl" | "j2" | "jinja" | "tera" | "hbs" | "template" => {
                return Self::by_extension(stem).filter(|kind| kind.is_code()).map(|_| Self::Code);
            }
            "tf" | "tofu" => Self::Terraform,
            "tfvars" => Self::Tfvars,
            "hcl" | "nomad" => Self::Hcl,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            "js" | "jsx" | "mjs" | "cjs" => Self::JavaScript,
            "vue" | "svelte" | "astro" => Self::Component,
            "rs" => Self::Rust,
            "yaml" | "yml" => Self::Yaml,
            "json" | "jsonc" | "json5" | "tfstate" | "webmanifest" => Self::Json,
            "toml" => Self::Toml,
            "ini" | "cfg" | "cnf" | "properties" | "desktop" | "service" => Self::Ini,
            "xml" | "config" | "csproj" | "props" | "plist" | "svg" | "xsd" | "wsdl" => Self::Xml,
            "sh" | "bash" | "zsh" | "ksh" | "bats" | "bat" | "cmd" => Self::Shell,
            "pem" | "key" | "crt" | "cer" | "pub" | "creds" | "nk" | "p8" | "asc" | "ppk" => Self::Pem,
            "md" | "mdx" | "mdc" | "markdown" | "rst" | "adoc" | "txt" => Self::Prose,
            "py" | "go" | "java" | "kt" | "kts" | "scala" | "rb" | "php" | "cs" | "c" | "h" | "cc" | "cpp" | "hpp" | "swift" | "m"
            | "mm" | "ex" | "exs" | "erl" | "clj" | "groovy" | "gradle" | "lua" | "pl" | "pm" | "r" | "dart" | "ps1" | "psm1" | "sql"
            | "vb" | "fs" | "hs" | "jl" | "nim" | "zig" | "tcl" | "ino" | "pde" | "cxx" | "hxx" | "hh" | "cu" | "vbs" | "bas" | "pas"
            | "coffee" | "jsp" | "jspx" | "asp" | "aspx" | "ascx" | "cshtml" | "razor" | "phtml" | "inc" | "erb" | "ejs" | "cls"
            | "sol" | "rkt" | "scm" | "lisp" | "el" | "cljs" | "ml" | "mli" | "fsx" | "elm" | "cr" | "awk" | "f90" | "d" | "v" | "sv"
            | "gd" | "ahk" | "au3" | "as" | "hx" | "pyx" | "pxd" | "pyw" | "psd1" | "sas" | "rake" | "gemspec" | "ru" | "podspec"
            | "bicep" | "bzl" | "cmake" | "graphql" | "graphqls" | "gql" | "proto" | "thrift" | "jenkinsfile" | "mjml" | "rmd" => {
                Self::Code
            }
            _ => return None,
        })
    }

    fn by_content(name: &str, text: &str) -> Self {
        let head = text.trim_start();
        let first = head.lines().next().unwrap_or_default();
        if first.starts_with("#!") {
            return if first.contains("node") || first.contains("deno") {
                Self::JavaScript
            } else if first.contains("sh") {
                Self::Shell
            } else {
                Self::Code
            };
        }
        if head.starts_with("-----BEGIN ") {
            return Self::Pem;
        }
        if name.ends_with("rc") && head.starts_with('{') {
            return Self::Json;
        }
        // CloudFormation's name for what it deploys; others call many things so.
        if name.ends_with(".template") && ["AWSTemplateFormatVersion", "AWS::"].iter().any(|word| text.contains(word)) {
            return if head.starts_with('{') { Self::Json } else { Self::Yaml };
        }
        if template_of(name).ends_with(".conf") && is_nats_configuration(text) {
            return Self::NatsConf;
        }
        Self::Text
    }

    /// Whether a bare word in value position is a literal (`password: hunter`), as in configuration,
    /// and not a reference, as in code.
    pub fn bare_words_are_literals(self) -> bool {
        matches!(self, Self::Dotenv | Self::Yaml | Self::Ini | Self::Dockerfile | Self::Shell | Self::NatsConf | Self::Text | Self::Xml)
    }

    /// Whether the file is source code of a programming language.
    pub fn is_code(self) -> bool {
        matches!(self, Self::TypeScript | Self::Tsx | Self::JavaScript | Self::Component | Self::Rust | Self::Code)
    }

    /// Whether a file is a page of HTML or a view that writes one, by its ending: these have no kind of their own.
    pub fn is_page(self, path: &str) -> bool {
        const ENDINGS: [&str; 12] =
            ["html", "htm", "ejs", "eta", "hbs", "handlebars", "mustache", "pug", "jade", "njk", "nunjucks", "swig"];
        matches!(self, Self::Code | Self::Text) && path.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
    }

    /// Whether the TypeScript parser reads it.
    pub fn is_typescript(self) -> bool {
        matches!(self, Self::TypeScript | Self::Tsx | Self::JavaScript | Self::Component)
    }
}

/// The name of what a template makes: `nats.conf` of `nats.conf.tpl`.
fn template_of(name: &str) -> &str {
    const ENDINGS: [&str; 6] = [".tpl", ".tmpl", ".gotmpl", ".j2", ".template", ".erb"];
    ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// Whether a text is nats-server's configuration: it names what only that server has, and none of what
/// other servers with braces have.
fn is_nats_configuration(text: &str) -> bool {
    /// The ports that it has unless told otherwise: of clients, clusters, monitoring, leaf nodes.
    const PORTS: [&str; 4] = ["4222", "6222", "8222", "7422"];
    const OWN: [&str; 22] = [
        "jetstream",
        "leafnodes",
        "leaf",
        "authorization",
        "accounts",
        "resolver_preload",
        "resolver",
        "system_account",
        "no_auth_user",
        "trusted_keys",
        "max_payload",
        "auth_callout",
        "gateway",
        "cluster",
        "mqtt",
        "monitor_port",
        "http_port",
        "https_port",
        "prof_port",
        "users",
        "websocket",
        "leafnode",
    ];
    let mut own = false;
    for line in text.lines().take(2000) {
        let line = line.trim_start();
        if line.starts_with("location ") || line.starts_with("server {") || line.starts_with("upstream ") || line.starts_with('<') {
            return false;
        }
        let word = line.split([' ', '\t', ':', '=', '{', '[']).next().unwrap_or_default();
        let rest = line[word.len()..].trim_start();
        let block = rest.starts_with([':', '=', '{', '[']) || rest.is_empty();
        let is_port = matches!(word, "port" | "listen" | "http" | "monitor_port") && PORTS.iter().any(|port| rest.contains(port));
        own |= block && !word.is_empty() && (is_port || OWN.iter().any(|name| name.eq_ignore_ascii_case(word)));
    }
    own
}

/// `Dockerfile`, `Dockerfile.prod`, `prod.dockerfile`, `Containerfile…`; not `Dockerfile.dockerignore`, nor a page or
/// program about one: `dockerfile-settings.tsx`.
fn is_dockerfile(name: &str) -> bool {
    let stem = |word: &str| {
        name == word || name.strip_prefix(word).is_some_and(|rest| rest.starts_with(['.', '-', '_'])) || name.ends_with(&format!(".{word}"))
    };
    (stem("dockerfile") || stem("containerfile"))
        && ![
            ".dockerignore",
            ".md",
            ".mdx",
            ".txt",
            ".html",
            ".ts",
            ".tsx",
            ".js",
            ".jsx",
            ".mjs",
            ".cjs",
            ".vue",
            ".py",
            ".go",
            ".rs",
            ".rb",
            ".java",
            ".kt",
            ".cs",
            ".php",
            ".sh",
            ".json",
            ".toml",
            ".yml",
            ".yaml",
            ".j2",
            ".tmpl",
            ".hbs",
            ".ejs",
            ".snap",
        ]
        .iter()
        .any(|other| name.ends_with(other))
}

/// `.env`, `.env.local`, `prod.env`, `env.example`, `.envrc`; not `.env.ts`.
fn is_dotenv(name: &str) -> bool {
    const CODE: [&str; 8] = [".ts", ".js", ".mjs", ".tsx", ".py", ".rs", ".md", ".json"];
    let named = name == ".env"
        || name == "env"
        || name == ".envrc"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name.starts_with("env.")
        || name.ends_with(".env")
        || name == ".dev.vars";
    named && !CODE.iter().any(|other| name.ends_with(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_kinds() {
        for (path, kind) in [
            ("a/main.tf", FileKind::Terraform),
            ("a/main.tf.json", FileKind::Json),
            ("terraform.tfvars", FileKind::Tfvars),
            ("src/api.mts", FileKind::TypeScript),
            ("src/env.ts", FileKind::TypeScript),
            (".env.production", FileKind::Dotenv),
            ("deploy/prod.env", FileKind::Dotenv),
            ("Dockerfile.dev", FileKind::Dockerfile),
            ("docker/api.Dockerfile", FileKind::Dockerfile),
            ("Dockerfile.dockerignore", FileKind::Text),
            ("src/dockerfile.rs", FileKind::Rust),
            ("app/dockerfile-settings.tsx", FileKind::Tsx),
            ("docs/dockerfile.mdx", FileKind::Prose),
            ("templates/schedule.ts.template", FileKind::Code),
            ("templates/gitignore.template", FileKind::Text),
            ("templates/auth.rs.t", FileKind::Code),
            ("templates/ci.yaml.t", FileKind::Text),
            ("user.creds", FileKind::Pem),
            (".npmrc", FileKind::Ini),
            ("LICENSE", FileKind::Text),
        ] {
            assert_eq!(FileKind::of(path, ""), kind, "{path}");
        }
        assert_eq!(FileKind::of("bin/run", "#!/usr/bin/env node\n"), FileKind::JavaScript);
        assert_eq!(FileKind::of("deploy", "#!/bin/bash\n"), FileKind::Shell);
        assert_eq!(FileKind::of("stack.template", "{\"Resources\": {\"B\": {\"Type\": \"AWS::S3::Bucket\"}}}"), FileKind::Json);
        assert_eq!(FileKind::of("stack.template", "AWSTemplateFormatVersion: 2010-09-09\n"), FileKind::Yaml);
        assert_eq!(FileKind::of("hub.conf", "port: 4222\njetstream {\n}\n"), FileKind::NatsConf);
        assert_eq!(FileKind::of("server.conf", "port: 4222\ninclude \"auth.conf\"\nhttp: 0.0.0.0:8222\n"), FileKind::NatsConf);
        assert_eq!(FileKind::of("site.conf", "server {\n  listen 80;\n  users x;\n}\n"), FileKind::Text);
    }
}
