import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Express, RequestHandler } from 'express';
import { PAGE_ALIASES } from '../aliases';
import { openApiDocument } from '../openapi';
import { refuseMethod } from '../register-routes';
import { docsPageHeaders, pageHeaders } from '../security-headers';
import { DOCS_SCRIPT, ICON_SVG, PENDING_SCRIPT, PLAIN_CSS } from './assets';
import { DOCS_PAGE, ERRORS_PAGE, PENDING_PAGE, rootPage, type RootPageFacts } from './content';

/** Registers the pages for people and the documents for machines; none needs a key, none shows data. */
export function registerPages(app: Express, facts: RootPageFacts): void {
  const serve = (path: string, ...handlers: RequestHandler[]): void => {
    app.get(path, ...handlers);
    app.all(path, refuseMethod(['get']));
  };
  serve('/', pageHeaders, send('html', rootPage(facts)));
  serve('/pending', pageHeaders, send('html', PENDING_PAGE));
  serve('/docs/errors', pageHeaders, send('html', ERRORS_PAGE));
  serve('/docs', docsPageHeaders, send('html', DOCS_PAGE));
  for (const [alias, path] of Object.entries(PAGE_ALIASES)) {
    if (path === '/docs') {
      serve(alias, (_request, response) => {
        response.redirect(308, path);
      });
    }
  }
  serve(
    '/openapi.json',
    sendWhenAsked(() => openApiDocument(facts.version)),
  );
  serve(
    '/openapi-3.0.json',
    sendWhenAsked(() => openApiDocument(facts.version, '3.0.3')),
  );
  serve('/assets/plain.css', lasting, send('css', PLAIN_CSS));
  serve('/assets/icon.svg', lasting, send('svg', ICON_SVG));
  serve('/assets/pending.js', lasting, send('js', PENDING_SCRIPT));
  serve('/assets/docs.js', lasting, send('js', DOCS_SCRIPT));
  serve('/assets/swagger-ui.css', lasting, sendViewerFile('css', 'swagger-ui.css'));
  serve('/assets/swagger-ui-bundle.js', lasting, sendViewerFile('js', 'swagger-ui-bundle.js'));
}

/** Kept for an hour: names carry no version. */
const lasting: RequestHandler = (_request, response, next) => {
  response.setHeader('Cache-Control', 'public, max-age=3600');
  next();
};

const send =
  (type: string, content: string): RequestHandler =>
  (_request, response) => {
    response.type(type).send(content);
  };

/** Made at the first request: most processes are never asked. */
function sendWhenAsked(make: () => object): RequestHandler {
  let made: string | undefined;
  return (_request, response) => {
    made ??= JSON.stringify(make());
    response.type('application/json').send(made);
  };
}

function sendViewerFile(type: string, name: string): RequestHandler {
  let content: string | undefined;
  return (_request, response) => {
    const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
    content ??= readFileSync(join(folder, name), 'utf8');
    response.type(type).send(content);
  };
}
