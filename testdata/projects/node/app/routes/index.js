const Orders = require('./orders')
const guard = require('./guard')

module.exports = (app, db) => {
  const orders = new Orders(db)
  app.get('/orders', guard.required(), orders.list)
  app.post('/orders/import', guard.required(), orders.import)
  app.get('/help', (req, res) => res.redirect('/docs?topic=' + encodeURIComponent(req.query.topic)))
}
