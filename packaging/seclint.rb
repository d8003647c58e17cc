# Homebrew formula; the release workflow fills in version and checksums from `checksums.txt`.
class Seclint < Formula
  desc "Static security linter for infrastructure as code and source repositories"
  homepage "https://github.com/seclint/seclint"
  version "@VERSION@"
  license any_of: ["Apache-2.0", "MIT"]

  on_macos do
    on_arm do
      url "https://github.com/seclint/seclint/releases/download/v#{version}/seclint-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256_aarch64-apple-darwin@"
    end
    on_intel do
      url "https://github.com/seclint/seclint/releases/download/v#{version}/seclint-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256_x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/seclint/seclint/releases/download/v#{version}/seclint-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256_aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "https://github.com/seclint/seclint/releases/download/v#{version}/seclint-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256_x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "seclint"
    man1.install Dir["man/*.1"]
    generate_completions_from_executable(bin/"seclint", "completions")
  end

  test do
    (testpath/".env").write "DB_PASSWORD=correct-horse-9f2c\n"
    assert_match "generic-secret", shell_output("#{bin}/seclint scan --format concise", 1)
  end
end
