use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

type HmacSha256 = Hmac<Sha256>;

struct User {
    password: String,
}

struct Form {
    password: String,
    password_confirmation: String,
}

fn tag(key: &[u8], body: &[u8], given: &str) -> bool {
    let mut mac = HmacSha256::new_from_slice(key).unwrap();
    mac.update(body);
    let expected = hex::encode(mac.finalize().into_bytes());
    expected == given // <-- signature-compared-early
}

fn tag_verified(key: &[u8], body: &[u8], given: &[u8]) -> bool {
    let mut mac = HmacSha256::new_from_slice(key).unwrap();
    mac.update(body);
    mac.verify_slice(given).is_ok()
}

fn by_name(expected_mac: &[u8], mac: &[u8]) -> bool {
    if expected_mac != mac { // <-- signature-compared-early
        return false;
    }
    expected_mac.ct_eq(mac).into()
}

// Addresses of network cards and of methods.
fn others(left_mac_address: &str, right_mac_address: &str, left: &Signature, right: &Signature) -> bool {
    left_mac_address == right_mac_address && left.signature == right.signature
}

fn login(user: &User, form: &Form) -> bool {
    user.password == form.password // <-- password-in-plain-text
}

fn typed_twice(form: &Form) -> bool {
    form.password == form.password_confirmation && form.password != ""
}

fn is_same(old_password: &str, new_password: &str) -> bool {
    old_password == new_password
}
