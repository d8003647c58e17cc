import { Router } from 'express';
import { authenticate } from './auth';
import { store } from './store';

const router = Router();

router.get('/orders', authenticate, async (req, res) => {
  res.json(await store.orders.list(res.locals.user.sub));
});

router.delete('/orders/:id', async (req, res) => {
  await store.orders.delete(req.params.id);
  res.status(204).end();
});

export default router;
