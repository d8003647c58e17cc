//! Unified diffs, as `git diff` and `diff -u` write them, read backwards: from the files as they are to the
//! files as they were.

/// A file in a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FilePatch {
    /// Its path before; `None` for a new file.
    pub old: Option<String>,
    /// Its path after; `None` for a file that is gone.
    pub new: Option<String>,
    hunks: Vec<PatchHunk>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PatchHunk {
    /// The first line of the new side, from 1.
    at: usize,
    before: Vec<String>,
    after: Vec<String>,
}

/// Reads a diff; files without text in it (binary ones, modes) are left out.
pub fn parse(text: &str) -> Result<Vec<FilePatch>, String> {
    let mut files: Vec<FilePatch> = Vec::new();
    let mut lines = text.split_inclusive('\n').enumerate().peekable();
    let mut header = FilePatch::default();
    let mut is_git = false;
    while let Some((number, line)) = lines.next() {
        let line = line.trim_end_matches(['\n', '\r']);
        if line.starts_with("diff --git ") {
            files.extend(take_rename(&mut header));
            is_git = true;
        } else if let Some(name) = line.strip_prefix("rename from ") {
            header.old = Some(unquoted(name));
        } else if let Some(name) = line.strip_prefix("rename to ") {
            header.new = Some(unquoted(name));
        } else if let Some(name) = line.strip_prefix("--- ") {
            let Some(other) = lines.peek().and_then(|(_, next)| next.strip_prefix("+++ ")) else { continue };
            let (old, new) = (file_name(name), file_name(other.trim_end_matches(['\n', '\r'])));
            let prefixed =
                is_git || [(&old, "a/"), (&new, "b/")].iter().all(|(name, start)| name.as_ref().is_none_or(|name| name.starts_with(start)));
            let plain = |name: Option<String>| name.map(|name| if prefixed { cut_prefix(&name) } else { name });
            header = FilePatch { old: plain(old), new: plain(new), hunks: Vec::new() };
            lines.next();
            files.push(std::mem::take(&mut header));
        } else if line.starts_with("@@ ") {
            let wrong = || format!("line {}: this is no hunk of a unified diff", number + 1);
            let (old, new) = ranges(line).ok_or_else(wrong)?;
            let file = files.last_mut().ok_or_else(wrong)?;
            let mut hunk = PatchHunk { at: new.0, ..PatchHunk::default() };
            while hunk.before.len() < old.1 || hunk.after.len() < new.1 {
                let (_, line) = lines.next().ok_or_else(|| format!("line {}: this hunk ends too early", number + 1))?;
                let (sign, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
                match sign {
                    "-" => hunk.before.push(rest.to_owned()),
                    "+" => hunk.after.push(rest.to_owned()),
                    " " | "\n" | "\r" => {
                        // Editors cut the space of an empty line off.
                        let rest = if sign == " " { rest } else { line };
                        hunk.before.push(rest.to_owned());
                        hunk.after.push(rest.to_owned());
                    }
                    "\\" => without_line_end(&mut hunk),
                    _ => return Err(format!("line {}: this hunk ends too early", number + 1)),
                }
            }
            if lines.next_if(|(_, next)| next.starts_with('\\')).is_some() {
                without_line_end(&mut hunk);
            }
            file.hunks.push(hunk);
        }
    }
    files.extend(take_rename(&mut header));
    if files.is_empty() && !text.trim().is_empty() && !is_git {
        return Err("this is no unified diff".to_owned());
    }
    Ok(files)
}

/// A file that was renamed without a change of its text.
fn take_rename(header: &mut FilePatch) -> Option<FilePatch> {
    let whole = std::mem::take(header);
    (whole.old.is_some() && whole.new.is_some()).then_some(whole)
}

/// `\ No newline at end of file` is about the line before it.
fn without_line_end(hunk: &mut PatchHunk) {
    for side in [&mut hunk.before, &mut hunk.after] {
        if let Some(last) = side.last_mut() {
            // The sign before decides in principle; that the other side's last line has no end either is seen where it fits.
            *last = last.trim_end_matches(['\n', '\r']).to_owned();
        }
    }
}

/// `a/x`, `"a/\303\244"`, `x<tab>2026-01-01`; none for `/dev/null`.
fn file_name(written: &str) -> Option<String> {
    let name = unquoted(written.split('\t').next().unwrap_or(written).trim_end());
    (name != "/dev/null").then_some(name)
}

fn cut_prefix(name: &str) -> String {
    name.split_once('/').map_or(name, |(_, rest)| rest).to_owned()
}

/// A name as git writes it: in quotes, with C's escapes, if it holds anything odd.
fn unquoted(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else { return name.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(first @ b'0'..=b'7') => {
                let mut value = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit) = rest.next_if(|byte| (b'0'..=b'7').contains(byte)) else { break };
                    value = value * 8 + u32::from(digit - b'0');
                }
                bytes.push(value as u8);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `@@ -1,2 +3,4 @@`: first line and count of both sides.
fn ranges(line: &str) -> Option<((usize, usize), (usize, usize))> {
    let (old, new) = line.strip_prefix("@@ -")?.split(" @@").next()?.split_once(" +")?;
    let range = |text: &str| match text.split_once(',') {
        Some((first, count)) => Some((first.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    Some((range(old)?, range(new)?))
}

impl FilePatch {
    /// The file as it was, from the file as it is; an error if it is not the file of the diff.
    pub fn backwards(&self, after: &str) -> Result<String, String> {
        let lines: Vec<&str> = after.split_inclusive('\n').collect();
        let mut out = String::with_capacity(after.len());
        let mut at = 0;
        for hunk in &self.hunks {
            // Of a side without lines git names the line before it.
            let start = if hunk.after.is_empty() { hunk.at } else { hunk.at.saturating_sub(1) };
            let there = lines.get(start..start + hunk.after.len()).unwrap_or_default();
            let fits = there.len() == hunk.after.len() && there.iter().zip(&hunk.after).all(|(line, wanted)| same(line, wanted));
            if start < at || !fits {
                let name = self.new.as_deref().or(self.old.as_deref()).unwrap_or_default();
                return Err(format!("the diff does not fit `{name}` at line {}: it belongs to another state of it", hunk.at));
            }
            out.extend(lines.get(at..start).unwrap_or_default().iter().copied());
            out.extend(hunk.before.iter().map(String::as_str));
            at = start + hunk.after.len();
        }
        out.extend(lines.get(at..).unwrap_or_default().iter().copied());
        Ok(out)
    }
}

/// Mail and editors change how a line ends.
fn same(line: &str, wanted: &str) -> bool {
    line.trim_end_matches(['\n', '\r']) == wanted.trim_end_matches(['\n', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str =
        "diff --git a/x.ts b/x.ts\nindex 1..2 100644\n--- a/x.ts\n+++ b/x.ts\n@@ -1,3 +1,3 @@ f()\n a\n-b\n+B\n c\n@@ -9,0 +10 @@\n+new\n";

    #[test]
    fn a_diff_is_read_backwards() {
        let files = parse(DIFF).unwrap();
        assert_eq!((files[0].old.as_deref(), files[0].new.as_deref()), (Some("x.ts"), Some("x.ts")));
        let after = "a\nB\nc\n4\n5\n6\n7\n8\n9\nnew\n";
        assert_eq!(files[0].backwards(after).unwrap(), "a\nb\nc\n4\n5\n6\n7\n8\n9\n");
        assert!(files[0].backwards("something else\n").unwrap_err().contains("`x.ts` at line 1"));
    }

    #[test]
    fn new_files_deleted_files_renames_and_names() {
        let text = "diff --git a/n b/n\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\ndiff --git a/d b/d\n--- a/d\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n\\ No newline at end of file\ndiff --git a/o b/p\nsimilarity index 100%\nrename from o\nrename to p\n";
        let files = parse(text).unwrap();
        assert_eq!(files[0].backwards("x\n").unwrap(), "");
        assert_eq!((files[1].new.as_deref(), files[1].backwards("").unwrap().as_str()), (None, "y"));
        assert_eq!((files[2].old.as_deref(), files[2].new.as_deref()), (Some("o"), Some("p")));
        assert_eq!(parse("--- old.txt\t2026\n+++ new.txt\t2026\n@@ -1 +1 @@\n-a\n+b\n").unwrap()[0].new.as_deref(), Some("new.txt"));
        assert_eq!(unquoted(r#""a/\303\244\t""#), "a/ä\t");
    }

    #[test]
    fn what_is_no_diff_is_told() {
        assert!(parse("hello").is_err());
        assert!(parse("--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n a\n").is_err());
        assert!(parse("").unwrap().is_empty());
    }
}
