import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { Marked } from 'marked';
import { errorsPath } from './problem.js';

const uiFiles: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const uiPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Veltrix API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const uiStart =
  "SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', deepLinking: true, persistAuthorization: false });\n";

// The page of the API runs scripts of this origin alone, and sends requests to it alone.
const uiPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/**
 * The root of the package: the first folder upwards that has a package.json. The sources and the build lie at different
 * depths.
 */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** docs/errors.md as a page on which every code can be linked to. */
export function renderErrors(markdown: string): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  const body = marked.parse(markdown, { async: false });
  return (
    '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>Errors of Veltrix</title></head>\n' +
    `<body>\n${body}</body>\n</html>\n`
  );
}

/**
 * Serves the OpenAPI document, a page to read it and try it that needs no internet, and the page of all errors. What
 * takes long to make is made when somebody first asks for it.
 */
export function serveDocuments(server: FastifyInstance, describe: () => OpenAPIObject): void {
  const openapi = once(() => JSON.stringify(describe()));
  const markdown = readFileSync(join(packageRoot(), 'docs', 'errors.md'), 'utf8');
  const errors = once(() => renderErrors(markdown));
  const ui = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  server.get('/openapi.json', (_request, reply) => reply.type('application/json').send(openapi()));
  server.get('/docs', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', uiPolicy).send(uiPage),
  );
  server.get('/docs/start.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(uiStart));
  server.get(errorsPath, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', "default-src 'none'").send(errors()),
  );
  for (const [file, type] of Object.entries(uiFiles)) {
    server.get(`/docs/${file}`, (_request, reply) =>
      reply
        .type(type)
        .header('cache-control', 'max-age=86400')
        .send(createReadStream(join(ui, file))),
    );
  }
}

function once(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}
