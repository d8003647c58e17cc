//! Data that the code itself says is made up: what a declaration called a sample or a mock holds, and examples in texts that
//! become documentation.

use crate::source::SourceFile;

/// Bytes before a place that are searched for the declaration or the fence around it.
const WINDOW: usize = 32 << 10;
/// Words of names of made-up data.
const SAYS: [&str; 9] = ["sample", "samples", "mock", "mocks", "mocked", "fixture", "fixtures", "dummy", "fake"];

/// Whether a place stands in what a declaration at the top of a file holds whose name says that it is made up:
/// `export const samples: Sample[] = […]`.
pub(super) fn is_of_sample(file: &SourceFile, at: usize) -> bool {
    if !file.kind.is_code() {
        return false;
    }
    let before = window(file, at);
    // The last line that is not indented begins the declaration, if nothing has ended it.
    let is_outermost = |line: &&str| line.starts_with(|char: char| !char.is_whitespace());
    let Some(line) = before.split('\n').rev().find(is_outermost) else { return false };
    let declared =
        ["export ", "const ", "let ", "var ", "static ", "pub "].iter().fold(line, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let name = declared.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').next().unwrap_or_default();
    declared.len() < line.len() && words(name).any(|word| SAYS.contains(&word.as_str()))
}

/// Whether a place stands between the fences of an example in a text of code: `` \`\`\`bash … ``.
pub(super) fn is_fenced(file: &SourceFile, at: usize) -> bool {
    file.kind.is_code() && window(file, at).matches("\\`\\`\\`").count() % 2 == 1
}

/// Whether a place stands in what a schema gives as an example: `examples: ["…"]`, `schema: { example: { token: "…" } }`.
pub(super) fn is_example_of_schema(file: &SourceFile, at: usize) -> bool {
    const MOST: usize = 2 << 10;
    const LEVELS: usize = 4;
    if !file.kind.is_code() {
        return false;
    }
    let before = &file.text.as_bytes()[at.saturating_sub(MOST)..at];
    let before = before.strip_suffix(b"\"").or_else(|| before.strip_suffix(b"'")).unwrap_or(before);
    let is_example = |head: &[u8]| {
        let key = head.trim_ascii_end().strip_suffix(b":").map(<[u8]>::trim_ascii_end);
        let key = key.map(|key| key.strip_suffix(b"\"").or_else(|| key.strip_suffix(b"'")).unwrap_or(key));
        let word = |key: &[u8]| key.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().map(<[u8]>::to_vec);
        key.and_then(word).is_some_and(|word| word == b"example" || word == b"examples")
    };
    let (mut closed, mut levels) = (0_usize, 0);
    if is_example(before) {
        return true;
    }
    for (end, byte) in before.iter().enumerate().rev() {
        match byte {
            b'}' | b']' => closed += 1,
            b'{' | b'[' if closed > 0 => closed -= 1,
            b'{' | b'[' => {
                levels += 1;
                if is_example(&before[..end]) {
                    return true;
                }
                if levels == LEVELS {
                    return false;
                }
            }
            _ => {}
        }
    }
    false
}

fn window(file: &SourceFile, at: usize) -> &str {
    let start = at.saturating_sub(WINDOW);
    (start..at).find_map(|start| file.text.get(start..at)).unwrap_or_default()
}

/// The words of a name, by case and underscores.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for char in name.chars() {
        if char == '_' || char.is_ascii_uppercase() && after_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| char != '_') {
            word.extend(char.to_lowercase());
        }
        after_lower = char.is_ascii_lowercase();
    }
    words.into_iter()
}
