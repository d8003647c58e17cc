//! Keys, nonces and salts in the code.
use aes_gcm::{aead::{Aead, AeadCore, KeyInit, OsRng}, Aes256Gcm, Key, Nonce};
use cbc::cipher::KeyIvInit;
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;

type Aes128CbcEnc = cbc::Encryptor<aes::Aes128>;
const KEY: [u8; 32] = [7; 32]; // <-- cipher-key-in-code

fn constant(data: &[u8], nonce: &Nonce) {
    let cipher = Aes256Gcm::new(&KEY.into());
    cipher.encrypt(nonce, data);
}

fn literal(data: &[u8]) {
    let key = Key::<Aes256Gcm>::from_slice(b"an example very very secret key."); // <-- cipher-key-in-code
    let cipher = Aes256Gcm::new(key);
    let nonce = Nonce::from_slice(b"unique nonce"); // <-- cipher-key-in-code
    cipher.encrypt(nonce, data).unwrap();
}

fn zeros(data: &[u8]) {
    let key = [0u8; 16]; // <-- cipher-key-in-code
    let iv = [0u8; 16]; // <-- cipher-key-in-code
    let encryptor = Aes128CbcEnc::new(&key.into(), &iv.into());
}

fn listed() {
    let key: [u8; 4] = [1, 2, 3, 4]; // <-- cipher-key-in-code
    let cipher = aes::Aes128::new_from_slice(&key).unwrap();
    let stream = chacha20::ChaCha20::new_from_slices(b"0123456789abcdef0123456789abcdef", &random()).unwrap(); // <-- cipher-key-in-code
}

fn mac(message: &[u8]) {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"my secret and secure key").unwrap(); // <-- cipher-key-in-code
    mac.update(message);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"another secret"); // <-- cipher-key-in-code
}

fn derived(password: &[u8], out: &mut [u8]) {
    pbkdf2::pbkdf2_hmac::<Sha256>(password, b"salt", 600_000, out); // <-- cipher-key-in-code
    let salt = [0u8; 16]; // <-- cipher-key-in-code
    argon2::Argon2::default().hash_password_into(password, &salt, out);
}

fn openssl_key(data: &[u8], iv: &[u8]) {
    openssl::symm::encrypt(openssl::symm::Cipher::aes_256_cbc(), b"01234567890123456789012345678901", Some(iv), data); // <-- cipher-key-in-code
}

fn cookies() {
    let key = cookie::Key::from(&[0; 64]); // <-- cipher-key-in-code
    let other = actix_web::cookie::Key::derive_from(b"0123456789012345678901234567890123456789"); // <-- cipher-key-in-code
}

fn fallback() {
    let key = std::env::var("ENCRYPTION_KEY").unwrap_or_else(|_| "0123456789abcdef0123456789abcdef".to_string()); // <-- cipher-key-in-code
    let cipher = Aes256Gcm::new_from_slice(key.as_bytes()).unwrap();
}

fn filled(data: &[u8]) {
    let mut key = [0u8; 32];
    OsRng.fill_bytes(&mut key);
    let cipher = Aes256Gcm::new(&key.into());
    let mut iv = [0u8; 12];
    rand::thread_rng().fill_bytes(&mut iv);
    cipher.encrypt(Nonce::from_slice(&iv), data).unwrap();
    let nonce = Aes256Gcm::generate_nonce(&mut OsRng);
    cipher.encrypt(&nonce, data).unwrap();
    let mut salt = [0u8; 16];
    getrandom::getrandom(&mut salt).unwrap();
    argon2::Argon2::default().hash_password_into(data, &salt, &mut key);
}

fn copied(source: &[u8]) {
    let mut key = [0u8; 32];
    key.copy_from_slice(source);
    let cipher = Aes256Gcm::new(&key.into());
    let mut other = [0u8; 32];
    for (at, byte) in source.iter().enumerate() {
        other[at] = *byte;
    }
    let cipher = Aes256Gcm::new(&other.into());
    let from_env = std::env::var("KEY").unwrap();
    let cipher = Aes256Gcm::new_from_slice(from_env.as_bytes()).unwrap();
    let generated = Aes256Gcm::new(&Aes256Gcm::generate_key(OsRng));
}

fn plain_map() {
    let key = std::collections::HashMap::from([("a", 1)]);
    let describe = DescribeTable::new("users");
    let key = Field::new("name");
}

fn of_poem() -> poem::session::CookieSession {
    use poem::web::cookie::CookieKey;
    poem::session::CookieSession::new(poem::session::CookieConfig::signed(CookieKey::derive_from(b"the same key for every server of ours"))) // <-- cipher-key-in-code
}
