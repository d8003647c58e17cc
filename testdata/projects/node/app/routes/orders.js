const _ = require('lodash')
const guard = require('./guard')
const run = require('../run')
const { OrdersData } = require('../data/orders')

function Orders(db) {
  const data = new OrdersData(db)
  this.list = (req, res, next) => {
    const { owner, least } = req.query
    data.findByOwnerAndLeast(owner, least, (error, found) => (error ? next(error) : res.json(found)))
  }
  this.import = (req, res) => {
    let line = 'import-orders'
    if (req.body.file) {
      line += ' --file ' + req.body.file
    }
    run.inShell(line)
    run.program('import-orders', [req.body.file])
    const settings = _.merge({ overwrite: false }, req.body.settings)
    res.json({ settings, key: guard.hash(req.body.password), etag: guard.hash(String(settings)) })
  }
}
module.exports = Orders
