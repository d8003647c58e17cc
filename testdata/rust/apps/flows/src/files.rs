use std::path::Path;
pub fn load(name: &str) -> String {
    let path = Path::new("/srv/data").join(name);
    std::fs::read_to_string(path).unwrap_or_default() // <-- path-from-request
}
pub fn convert(name: &str, quality: u32) -> String {
    let out = std::process::Command::new("sh").arg("-c").arg(format!("convert {name} -q {quality}")).output().unwrap(); // <-- command-injection
    String::from_utf8_lossy(&out.stdout).into_owned()
}
pub fn config(name: &str) -> String { std::fs::read_to_string(Path::new("/etc/app").join(name)).unwrap_or_default() }
pub fn boot() -> String { config("app.toml") }
