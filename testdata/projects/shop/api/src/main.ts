import cors from 'cors';
import express from 'express';
import orders from './orders';

const app = express();
app.use(cors({ origin: true, credentials: true }));
app.use('/v1', orders);
app.get('/health', (req, res) => res.send('ok'));
app.listen(3000);
