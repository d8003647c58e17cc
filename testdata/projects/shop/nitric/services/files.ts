import { api, bucket, oidcRule } from '@nitric/sdk';

const user = oidcRule({
  name: 'user',
  issuer: 'https://shop.eu.auth0.com/',
  audiences: ['https://api.shop.example'],
});

const files = api('files', { security: [user('files:read')] });
const uploads = bucket('uploads').allow('read');
const open = api('public');

files.get('/files/:name', async (ctx) => {
  ctx.res.body = await uploads.file(ctx.req.params.name).read();
});

files.delete('/files/:name', async (ctx) => {
  ctx.res.status = 204;
}, { security: [] });

open.post('/import', async (ctx) => {
  ctx.res.status = 202;
});
