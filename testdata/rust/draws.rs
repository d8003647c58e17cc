use rand::rngs::{SmallRng, StdRng};
use rand::{Rng, RngCore, SeedableRng};

pub fn reset_token(now: u64) -> String {
    let mut rng = StdRng::seed_from_u64(now);
    (0..32).map(|_| char::from(rng.gen_range(b'a'..=b'z'))).collect() // <-- weak-random-for-secret
}

pub fn verification_code() -> String {
    let code = fastrand::u32(0..1_000_000);
    format!("{code:06}") // <-- weak-random-for-secret
}

pub fn delay() -> u64 {
    fastrand::u64(0..250)
}

pub fn session_key() -> [u8; 16] {
    let mut session_key = [0u8; 16];
    let mut rng = SmallRng::from_entropy();
    rng.fill_bytes(&mut session_key); // <-- weak-random-for-secret
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
