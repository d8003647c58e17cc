use std::num::NonZeroU32;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use argon2::{Algorithm, Argon2, Params, Version};
use bcrypt::{hash, DEFAULT_COST};
use pbkdf2::pbkdf2_hmac;
use ring::pbkdf2 as kdf;
use sha2::Sha256;

const ROUNDS: u32 = 500; // <-- password-hash-cheap
static ENOUGH: u32 = 600_000;

fn rounds(password: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut out = [0u8; 32];
    pbkdf2_hmac::<Sha256>(password, salt, ROUNDS, &mut out);
    pbkdf2_hmac::<Sha256>(password, salt, ENOUGH, &mut out);
    out
}

fn by_ring(password: &[u8], salt: &[u8]) -> [u8; 32] {
    let mut out = [0u8; 32];
    kdf::derive(kdf::PBKDF2_HMAC_SHA256, NonZeroU32::new(1_000).unwrap(), salt, password, &mut out); // <-- password-hash-cheap
    kdf::derive(kdf::PBKDF2_HMAC_SHA256, NonZeroU32::new(210_000).unwrap(), salt, password, &mut out);
    out
}

fn by_openssl(password: &[u8], salt: &[u8], key: &mut [u8]) {
    openssl::pkcs5::pbkdf2_hmac(password, salt, 2_048, openssl::hash::MessageDigest::sha256(), key).unwrap(); // <-- password-hash-cheap
}

fn by_bcrypt(password: &str) -> [String; 3] {
    let low = hash(password, 6).unwrap(); // <-- password-hash-cheap
    let usual = hash(password, DEFAULT_COST).unwrap();
    let high = bcrypt::hash_with_result(password, 12).unwrap().to_string();
    [low, usual, high]
}

fn by_argon2() -> Argon2<'static> {
    let low = Params::new(64, 2, 1, None).unwrap(); // <-- password-hash-cheap
    drop(low);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap())
}

fn by_scrypt() -> scrypt::Params {
    drop(scrypt::Params::new(8, 8, 1, 32)); // <-- password-hash-cheap
    scrypt::Params::new(17, 8, 1, 32).unwrap()
}

fn for_a_table(password: &str, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    password.hash(&mut hasher); // <-- weak-hash-of-secret
    hasher.finish()
}
struct Stretched;
impl opaque_ke::CipherSuite for Stretched {
    type OprfCs = Ristretto255;
    type Ksf = argon2::Argon2<'static>;
}
struct Bare;
impl opaque_ke::CipherSuite for Bare {
    type OprfCs = Ristretto255;
    type Ksf = opaque_ke::ksf::Identity; // <-- weak-hash-of-secret
}
