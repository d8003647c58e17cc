const OrdersData = function (db) {
  const orders = db.collection('orders')
  this.findByOwnerAndLeast = (owner, least, done) => {
    const ownerId = parseInt(owner, 10)
    const filter = () => {
      if (least) return { $where: `this.owner == ${ownerId} && this.total > '${least}'` }
      return { owner: ownerId }
    }
    orders.find(filter()).toArray(done)
  }
}
module.exports.OrdersData = OrdersData
