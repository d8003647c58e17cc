const { exec, execFile } = require('child_process')

exports.inShell = (line) => exec(line)
exports.program = (name, list) => execFile(name, list)
