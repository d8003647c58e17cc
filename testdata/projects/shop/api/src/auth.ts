import jwt from 'jsonwebtoken';
import type { NextFunction, Request, Response } from 'express';

const options: jwt.VerifyOptions = { algorithms: ['HS256', 'none'] };

export function authenticate(req: Request, res: Response, next: NextFunction) {
  const token = req.headers.authorization?.replace('Bearer ', '');
  if (!token) {
    return res.status(401).json({ error: 'no token' });
  }
  try {
    res.locals.user = jwt.verify(token, process.env.JWT_KEY as string, options);
    next();
  } catch {
    res.status(401).json({ error: 'bad token' });
  }
}
