use rand::rngs::{SmallRng, StdRng};
use rand::{Rng, RngCore, SeedableRng};

pub fn reset_token(now: u64) -> String {
    let mut rng = StdRng::seed_from_u64(now); // <-- weak-random-for-secret
    (0..32).map(|_| char::from(rng.gen_range(b'a'..=b'z'))).collect()
}

pub fn verification_code() -> String {
    let code = fastrand::u32(0..1_000_000); // <-- weak-random-for-secret
    format!("{code:06}")
}

pub fn delay() -> u64 {
    fastrand::u64(0..250)
}

pub fn session_key() -> [u8; 16] {
    let mut session_key = [0u8; 16];
    let mut rng = SmallRng::from_entropy(); // <-- weak-random-for-secret
    rng.fill_bytes(&mut session_key);
    session_key
}

pub fn invite_token() -> String {
    let mut rng = rand::rngs::OsRng;
    (0..32).map(|_| char::from(rng.gen_range(b'a'..=b'z'))).collect()
}

pub fn shuffle(seed: u64) -> Vec<u32> {
    let mut rng = StdRng::seed_from_u64(seed);
    (0..32).map(|_| rng.gen_range(0..6)).collect()
}
pub fn share_token() -> String {
    let mut rng = rand_chacha::ChaCha8Rng::from_seed([9u8; 32]); // <-- weak-random-for-secret
    let mut drawn = [0u8; 24];
    rng.fill_bytes(&mut drawn);
    hex::encode(drawn)
}
pub fn drawn_session_id() -> String {
    let mut drawn = vec![0u8; 24];
    rand::rngs::SmallRng::from_os_rng().fill(&mut drawn[..]); // <-- weak-random-for-secret
    hex::encode(drawn)
}
pub fn invite_token() -> String {
    let mut drawn = [0u8; 24];
    rand::rngs::OsRng.fill_bytes(&mut drawn);
    hex::encode(drawn)
}
pub fn clock_session_id() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    format!("{:x}", md5::compute(now.to_le_bytes())) // <-- weak-random-for-secret
}
pub fn signed_access_token(user: &User, key: &EncodingKey) -> String {
    let exp = chrono::Utc::now().timestamp() + 600;
    jsonwebtoken::encode(&Header::default(), &Claims { sub: user.id, exp }, key).unwrap()
}
pub fn named_token(user: &str) -> String {
    format!("{user}-{}", chrono::Utc::now().timestamp())
}
pub fn started() -> i64 {
    chrono::Utc::now().timestamp()
}
pub async fn find_by_magic_token(db: &Db, token: &str) -> Result<User, Error> {
    users::Entity::find().filter(users::Column::Expires.gt(chrono::Utc::now())).one(db).await
}
