const express = require('express')
const cors = require('cors')
const errorhandler = require('errorhandler')
const routes = require('./routes')

const app = express()
const allow = (origin, done) => {
  if (origin.endsWith('shop.example')) return done(null, true)
  return done(new Error('not allowed'))
}
app.use(cors({ origin: allow, credentials: true }))
app.use(express.json())
routes(app, app.locals.db)
if (process.env.NODE_ENV === 'development') {
  app.use(errorhandler())
}
app.use((error, req, res, next) => {
  const stack = process.env.NODE_ENV === 'production' ? undefined : error.stack
  res.status(500).json({ message: 'failed', stack })
})
app.listen(3000)
