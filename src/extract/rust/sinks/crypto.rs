//! Keys, nonces and salts in the code, weak ciphers, weak hashes and weak random numbers: the words of
//! the `RustCrypto` crates, `ring`, `openssl`, `orion`, sodium and the older `rust-crypto`.

use smol_str::SmolStr;

use super::sink;
use crate::ir::{Call, Node, NodeKind, Ref, Sink, SinkKind, SinkPart, Span, Tri};
use crate::parse::rust::{Item, ItemKind};

type Labels = &'static [&'static str];

/// Ciphers, hashes and keys behind a call of a path.
pub(super) fn of_call(callee: &Ref, args: &[Node], secret: &impl Fn(usize) -> Option<SmolStr>) -> Vec<Sink> {
    let mut found = Vec::new();
    let labels = labels_of(callee, args.len());
    let algorithm = weak_name(callee);
    if !labels.is_empty() || algorithm.is_some() {
        let mut parts: Vec<SinkPart> = labels
            .iter()
            .zip(args)
            .filter(|(label, _)| !label.is_empty())
            .map(|(label, value)| SinkPart::new(value.clone(), Tri::No, *label))
            .collect();
        if let Some(algorithm) = algorithm {
            let span = args.first().map(|first| first.span).unwrap_or_default();
            parts.push(SinkPart::new(Node::text(algorithm, span), Tri::No, "algorithm"));
        }
        found.push(sink(SinkKind::Cipher, callee, parts));
    }
    if let Some(algorithm) = hash_of(callee).or_else(|| args.first().and_then(hash_argument))
        && let Some((at, label)) = (0..args.len()).find_map(|at| Some((at, secret(at)?)))
        && is_weak_for(&algorithm, &label)
    {
        found.push(hashed(callee, args[at].span, algorithm, label));
    }
    found
}

/// Nonces handed to `encrypt`, salts to `hash_password`, secrets to `update` of a weak hash.
pub(super) fn of_method(name: &str, receiver: &Node, args: &[Node], callee: &Ref, secret: &impl Fn(usize) -> Option<SmolStr>) -> Vec<Sink> {
    let labels: Labels = match (name, args.len()) {
        ("encrypt" | "encrypt_in_place" | "encrypt_in_place_detached", 2 | 3) => &["nonce"],
        ("hash_password" | "hash_password_simple", 2) | ("hash_password_into", 3) => &["", "salt"],
        ("signer_from_bytes" | "verifier_from_bytes" | "encrypter_from_bytes" | "decrypter_from_bytes", 1) => &["key"],
        _ => &[],
    };
    let parts: Vec<SinkPart> = labels
        .iter()
        .zip(args)
        .filter(|(label, _)| !label.is_empty())
        .map(|(label, value)| SinkPart::new(value.clone(), Tri::No, *label))
        .collect();
    let mut found = Vec::new();
    if !parts.is_empty() {
        found.push(sink(SinkKind::Cipher, callee, parts));
    }
    if matches!(
        name,
        "update" | "chain_update" | "chain" | "input" | "input_str" | "consume" | "write" | "write_all" | "digest" | "hash" | "hash_one"
    ) && let Some(algorithm) = hash_in(receiver)
        && let Some(label) = secret(0)
        && is_weak_for(&algorithm, &label)
    {
        found.push(hashed(callee, args[0].span, algorithm, label));
    }
    found
}

/// `password.hash(&mut hasher)`.
pub(in super::super) fn hashed_into(hasher: &Node, label: SmolStr, span: Span) -> Option<Sink> {
    let algorithm = hash_in(hasher).filter(|algorithm| is_weak_for(algorithm, &label))?;
    Some(hashed(&Ref::new(crate::ir::Scope::Local, ["hash"]), span, algorithm, label))
}

/// `type Ksf = Identity` of a suite of `opaque_ke`: whoever takes the server's records tries passwords at full speed.
pub(in super::super) fn unstretched(items: &[Item]) -> Option<(Span, Sink)> {
    items.iter().find_map(|item| match &item.kind {
        ItemKind::Alias { name, ty } if matches!((name.text.as_str(), ty.last()), ("Ksf", "Identity") | ("SlowHash", "NoOpHash")) => {
            let callee = Ref::new(crate::ir::Scope::Rust, ["opaque_ke", "CipherSuite"]);
            Some((ty.span, hashed(&callee, ty.span, "OPAQUE, which stretches no keys here".into(), "password".into())))
        }
        _ => None,
    })
}

/// The name, if it is that of something that nobody may guess: a secret, a token, a code to log in with.
pub(in super::super) fn unguessable(name: &str) -> Option<SmolStr> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect();
    let ends = [
        "token",
        "otp",
        "sessionid",
        "sessionkey",
        "verificationcode",
        "resetcode",
        "confirmationcode",
        "logincode",
        "csrf",
        "onetimecode",
    ];
    let is_code = ends.iter().any(|end| plain.ends_with(end))
        && !["is", "has", "num", "max", "parse", "next", "peek"].iter().any(|word| plain.starts_with(word));
    (crate::lower::words::names_secret_value(name) || is_code).then(|| name.into())
}

fn hashed(callee: &Ref, span: Span, algorithm: SmolStr, label: SmolStr) -> Sink {
    sink(SinkKind::Hash, callee, vec![SinkPart::new(Node::text(algorithm, span), Tri::No, label)])
}

/// What the arguments of a call are, if it makes a cipher, a key or a hash of a password.
fn labels_of(callee: &Ref, count: usize) -> Labels {
    let names = callee.names();
    let owner = names.len().checked_sub(2).map_or("", |at| names[at]);
    let name = names.last().copied().unwrap_or_default();
    let within = |word: &str| names.iter().any(|part| part.contains(word));
    let is_sodium = within("secretbox") || within("sodiumoxide") || within("aead");
    match (owner, name, count) {
        ("symm", "encrypt" | "decrypt" | "encrypt_aead" | "decrypt_aead", _) => &["", "key", "iv"],
        ("Crypter", "new", 4) => &["", "", "key", "iv"],
        ("pbkdf2", "derive", 5) => &["", "", "salt", "password"],
        ("secretbox" | "box_" | "aead", "seal", 3) if !within("ring") => &["", "nonce", "key"],
        (_, "pbkdf2" | "pbkdf2_hmac" | "pbkdf2_hmac_array" | "scrypt", 3 | 4) => &["password", "salt"],
        (_, "hash_encoded" | "hash_raw", 3) => &["", "salt"],
        (_, "hash_with_salt", 3) => &["", "", "salt"],
        _ if makes_key(owner, name, count) => &["key"],
        ("Key", "from" | "from_slice" | "clone_from_slice", 1) if !within("map") => &["key"],
        (_, "Key", 1) if is_sodium => &["key"],
        ("UnboundKey" | "LessSafeKey", "new", 2) => &["", "key"],
        ("Key", "new", 2) if within("hmac") => &["", "key"],
        ("Nonce", "assume_unique_for_key" | "from_slice" | "clone_from_slice" | "from" | "from_bytes", 1)
        | ("XNonce" | "Iv" | "IV", "from_slice" | "from", 1) => &["nonce"],
        (_, "Nonce", 1) if is_sodium => &["nonce"],
        ("Salt", "from_slice" | "from_b64" | "new", 1) | ("SaltString", "from_b64" | "new" | "encode_b64", 1) => &["salt"],
        (
            _,
            "new"
            | "new_from_slice"
            | "new_varkey"
            | "new_from_slices"
            | "new_var"
            | "new_fix"
            | "new_with_eff_key_len"
            | "inner_iv_slice_init",
            1 | 2,
        ) if is_cipher(&names) => {
            if count == 1 {
                &["key"]
            } else {
                &["key", "iv"]
            }
        }
        _ => &[],
    }
}

/// Whether a call makes a key of its first argument.
fn makes_key(owner: &str, name: &str, count: usize) -> bool {
    match owner {
        "PKey" => name == "hmac",
        "Fernet" | "CookieIdentityPolicy" => name == "new",
        // PASETO.
        "SymmetricKey" | "AsymmetricSecretKey" | "PasetoSymmetricKey" => matches!(name, "from" | "from_bytes" | "try_from"),
        "hmac" => name == "new" && count == 2,
        "Key" | "CookieKey" => matches!(name, "derive_from" | "from_master"),
        "SecretKey" => matches!(name, "from_slice" | "from_bytes"),
        "CookieSession" | "CookieSessionBackend" => matches!(name, "signed" | "private"),
        _ => name == "new_magic_crypt!",
    }
}

/// Words of a name in camel case or snake case, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut after_lower = false;
    for char in name.chars() {
        if !char.is_ascii_alphanumeric() {
            words.push(String::new());
            after_lower = false;
            continue;
        }
        if words.is_empty() || char.is_ascii_uppercase() && after_lower {
            words.push(String::new());
        }
        after_lower = !char.is_ascii_uppercase();
        if let Some(word) = words.last_mut() {
            word.push(char.to_ascii_lowercase());
        }
    }
    words
}

fn is_cipher(names: &[&str]) -> bool {
    let Some((_, owners)) = names.split_last() else { return false };
    // The name of a crate says nothing of its other types; that of a mode's module does of what encrypts.
    let is_mode = matches!(owners.last(), Some(&("Encryptor" | "Decryptor")));
    let says = |name: &&&str| is_mode || name.starts_with(char::is_uppercase);
    owners.iter().filter(says).flat_map(|name| words(name).into_iter().chain([name.to_ascii_lowercase()])).any(|word| {
        ["aes", "chacha", "xchacha", "salsa", "xsalsa", "blowfish", "twofish", "serpent", "camellia", "tripledes", "tdes"]
            .iter()
            .any(|start| word.starts_with(start))
            || matches!(
                word.as_str(),
                "des" | "cbc" | "ctr" | "gcm" | "hmac" | "cmac" | "kmac" | "ecb" | "ofb" | "cfb" | "rc4" | "rc2" | "siv" | "eax" | "ccm"
            )
    })
}

/// The name of a cipher that keeps nothing secret, in what makes it.
fn weak_name(callee: &Ref) -> Option<&'static str> {
    let names = callee.names();
    let (name, owners) = names.split_last()?;
    let weak = |owners: &[&str]| {
        owners.iter().flat_map(|name| words(name)).find_map(|word| match word.as_str() {
            "ecb" => Some("ECB"),
            "des" => Some("DES"),
            "tdes" | "tripledes" => Some("3DES"),
            "rc4" | "arc4" => Some("RC4"),
            "rc2" => Some("RC2"),
            "blowfish" | "bf" => Some("Blowfish"),
            "idea" => Some("IDEA"),
            "cast5" => Some("CAST5"),
            _ if word.starts_with("tdes") => Some("3DES"),
            _ => None,
        })
    };
    if name.starts_with("new") || matches!(*name, "from" | "default") && owners.len() > 1 {
        return weak(owners);
    }
    // openssl: `Cipher::des_cbc()`, `Cipher::aes_128_ecb()`.
    match owners.last() {
        Some(&"Cipher") => weak(&[name]).filter(|weak| *weak != "3DES" || name.contains("des")),
        _ => None,
    }
}

/// The weak or fast hash that a path names, in capitals.
fn hash_of(callee: &Ref) -> Option<SmolStr> {
    let names = callee.names();
    let (name, owners) = names.split_last()?;
    let makes = matches!(*name, "new" | "default" | "digest" | "compute" | "from" | "new_with_prefix" | "hash" | "update");
    let of = |name: &str| {
        Some(match name {
            "md5" | "Md5" | "MD5" => "MD5",
            "Md4" | "md4" => "MD4",
            "Md2" | "md2" => "MD2",
            "sha1" | "Sha1" | "SHA1" | "SHA1_FOR_LEGACY_USE_ONLY" | "Sha1Core" => "SHA-1",
            "Sha256" | "Sha512" | "Sha224" | "Sha384" | "Sha3_256" | "Sha3_512" | "Blake2b512" | "Blake2s256" | "blake3" => "a fast hash",
            "DefaultHasher" => "a hash for tables",
            _ => return None,
        })
    };
    let found = if makes { owners.iter().rev().find_map(|name| of(name)) } else { None };
    found
        .or_else(|| {
            of(name).filter(|_| owners.last() == Some(&"md5") || matches!(owners.last(), Some(&("sha1" | "sha"))) && *name == "sha1")
        })
        .map(Into::into)
}

/// `MessageDigest::md5()`, `&digest::SHA1_FOR_LEGACY_USE_ONLY` as the algorithm of a call.
fn hash_argument(node: &Node) -> Option<SmolStr> {
    let name = match &node.kind {
        NodeKind::Call(call) if call.callee.names().contains(&"MessageDigest") => call.callee.last(),
        NodeKind::Ref(name) if name.names().contains(&"digest") => name.last(),
        _ => return None,
    };
    Some(match name {
        "md5" => "MD5".into(),
        "sha1" | "SHA1_FOR_LEGACY_USE_ONLY" => "SHA-1".into(),
        "sha256" | "sha512" | "SHA256" | "SHA512" => "a fast hash".into(),
        _ => return None,
    })
}

/// The hash that a value is, through what was fed to it before.
fn hash_in(receiver: &Node) -> Option<SmolStr> {
    let chain = super::super::chain::Chain::of(receiver);
    let call = chain.constructor()?;
    hash_of(&call.callee).or_else(|| call.args.first().and_then(hash_argument))
}

/// A broken hash is weak for every secret; one that is only fast is for passwords.
fn is_weak_for(algorithm: &str, label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    !algorithm.starts_with("a ") || ["password", "passwd", "pwd", "passphrase"].iter().any(|word| label.contains(word))
}

/// Why a secret can be guessed: by the generator that draws it, or because it is the time.
pub(in super::super) fn guessable(node: &Node) -> Option<Span> {
    weak_random(node, 12).or_else(|| is_of_clock(node, 12).then_some(node.span))
}

/// Where a value's numbers come from a generator that can be guessed: one that is made for games and simulations, one whose
/// seed the code says.
pub(in super::super) fn weak_random(node: &Node, depth: u32) -> Option<Span> {
    let depth = depth.checked_sub(1)?;
    let below = |nodes: &[Node]| nodes.iter().find_map(|node| weak_random(node, depth));
    match &node.kind {
        NodeKind::Call(call) if is_weak_generator(call) => Some(node.span),
        NodeKind::Call(call) => call.receiver.as_ref().and_then(|receiver| weak_random(receiver, depth)).or_else(|| below(&call.args)),
        // `repeat_with(fastrand::alphanumeric)`
        NodeKind::Ref(name) => (name.first() == "fastrand" && name.path.len() > 1).then_some(node.span),
        NodeKind::Func(func) => func.returns.as_ref().and_then(|value| weak_random(value, depth)),
        NodeKind::Op(_, operands) | NodeKind::List(operands) => below(operands),
        NodeKind::Text(text) => text.holes().find_map(|hole| weak_random(hole, depth)),
        _ => None,
    }
}

/// Whether a value is made of what the time is and of nothing else: `Md5::digest(now.as_nanos().to_le_bytes())`.
fn is_of_clock(node: &Node, depth: u32) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let is_constant = |node: &Node| node.is_known() || node.as_ref().is_some_and(|name| !name.last().contains(char::is_lowercase));
    let all = |parts: &mut dyn Iterator<Item = &Node>| {
        let mut of_clock = parts.filter(|part| !is_constant(part)).map(|part| is_of_clock(part, depth)).peekable();
        of_clock.peek().is_some() && of_clock.all(|is| is)
    };
    match &node.kind {
        NodeKind::Call(call) if matches!(call.callee.names().as_slice(), [.., "SystemTime" | "Utc" | "Local", "now"] | [.., "now_utc"]) => {
            true
        }
        NodeKind::Call(call) => all(&mut call.receiver.iter().chain(&call.args)),
        NodeKind::Text(text) => all(&mut text.holes()),
        _ => false,
    }
}

fn is_weak_generator(call: &Call) -> bool {
    let is_repeated = |seed: &Node| matches!(&seed.kind, NodeKind::Op(_, operands) if operands.iter().all(Node::is_known));
    let is_known_seed = || call.args.first().is_some_and(|seed| seed.is_known() || is_repeated(seed));
    call.callee.last() == "from_seed" && is_known_seed()
        || call.callee.names().iter().any(|name| {
            matches!(
                *name,
                "SmallRng"
                    | "weak_rng"
                    | "fastrand"
                    | "oorandom"
                    | "Pcg32"
                    | "Pcg64"
                    | "Pcg64Mcg"
                    | "Pcg32Fast"
                    | "XorShiftRng"
                    | "StepRng"
                    | "WyRand"
                    | "nanorand"
                    | "Xoshiro256PlusPlus"
                    | "Xoshiro256StarStar"
                    | "Xoshiro128PlusPlus"
                    | "SplitMix64"
                    | "seed_from_u64"
                    | "Mt19937GenRand32"
                    | "Mt64"
                    | "Isaac64Rng"
                    | "IsaacRng"
                    | "tinyrand"
            )
        })
}
