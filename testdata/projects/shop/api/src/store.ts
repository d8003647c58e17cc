import { connect } from './db';

export const store = connect();
