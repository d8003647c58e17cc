const crypto = require('crypto')
const fs = require('fs')
const expressJwt = require('express-jwt')

const publicKey = fs.readFileSync('keys/token.pub', 'utf8')
exports.required = () => expressJwt({ secret: publicKey })
exports.hash = (text) => crypto.createHash('md5').update(text).digest('hex')
