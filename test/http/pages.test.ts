import request from 'supertest';
import { ERRORS } from '../../src/core/errors';
import { escapeHtml } from '../../src/http/pages/layout';
import { testApp } from './test-app';

const { app } = testApp({}, { temporalUiUrl: 'http://127.0.0.1:8233/?a="><script>' });

describe('pages', () => {
  it.each(['/', '/pending', '/docs', '/docs/errors'])(
    'serve %s whole from this server, with nothing inline that runs',
    async (path) => {
      const reply = await request(app).get(path);
      expect(reply.status).toBe(200);
      expect(reply.type).toBe('text/html');
      expect(reply.headers['content-security-policy']).toMatch(/script-src 'self';/);
      expect(reply.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|javascript:/i);
      for (const [, source] of reply.text.matchAll(/(?:src|<link[^>]* href)="([^"]+)"/g)) {
        const asset = await request(app).get(source ?? '');
        expect([source, asset.status]).toEqual([source, 200]);
      }
    },
  );

  it('links the documentation, the pending approvals, Temporal and the health check', async () => {
    const { text } = await request(app).get('/');
    expect([...text.matchAll(/<li><a href="([^"]+)"/g)].map((match) => match[1])).toEqual([
      '/pending',
      '/docs',
      '/docs/errors',
      'http://127.0.0.1:8233/?a=&quot;&gt;&lt;script&gt;',
      '/readyz',
      '/openapi.json',
    ]);
  });

  it('explains each error at the anchor that problem documents name', async () => {
    const { text } = await request(app).get('/docs/errors');
    for (const [code, { title }] of Object.entries(ERRORS)) {
      expect(text).toContain(`id="${code}"`);
      expect(text).toContain(escapeHtml(title));
    }
  });

  it('I-13: the pending page writes what it got only as text of nodes', async () => {
    const { text } = await request(app).get('/assets/pending.js');
    expect(text).toContain('textContent');
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/);
  });

  it('refuses other methods', async () => {
    expect((await request(app).post('/').send({})).status).toBe(405);
  });
});

describe('escapeHtml', () => {
  it('leaves no character that could end text or an attribute', () => {
    expect(escapeHtml(`<a href="x" title='y'>&amp;`)).toBe(
      '&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;',
    );
  });
});

describe('health', () => {
  it('/readyz says which part is missing', async () => {
    const { app: unready } = testApp(
      {},
      {
        readiness: () =>
          Promise.resolve({
            ready: false,
            dependencies: {
              database: { ready: true },
              temporal: { ready: false, detail: 'no connection' },
            },
          }),
      },
    );
    const reply = await request(unready).get('/readyz');
    expect(reply.status).toBe(503);
    expect(reply.body).toMatchObject({
      ready: false,
      dependencies: { temporal: { ready: false, detail: 'no connection' } },
    });
    expect((await request(unready).get('/healthz')).status).toBe(200);
  });

  it('serves the public keys without a key', async () => {
    const reply = await request(app).get('/.well-known/countersign-keys.json');
    expect([reply.status, reply.body]).toEqual([200, { keys: [] }]);
  });
});
