import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { accessOf, scopes, type Access } from '../../src/http/scopes.js';
import { adminKey, expectProblem, openApi, type Api } from './api.js';

/** A handler of the API, as Nest routes it. */
interface Route {
  handler: string;
  method: string;
  path: string;
  access: Access | undefined;
}

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'ALL', 'OPTIONS', 'HEAD'];

function routesOf(api: Api): Route[] {
  const controllers = [...api.app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .map(({ metatype }) => metatype as abstract new () => object);
  return controllers.flatMap((controller) =>
    Object.entries(Object.getOwnPropertyDescriptors(controller.prototype)).flatMap(([name, { value }]): Route[] => {
      const path: unknown =
        typeof value === 'function' && name !== 'constructor'
          ? Reflect.getMetadata(PATH_METADATA, value as object)
          : undefined;
      if (path === undefined) return [];
      return [
        {
          handler: `${controller.name}.${name}`,
          method: methods[Reflect.getMetadata(METHOD_METADATA, value as object) as number] ?? '?',
          path: `/${[Reflect.getMetadata(PATH_METADATA, controller), path]
            .map((part) => String(part).replace(/^\/|\/$/g, ''))
            .filter((part) => part !== '')
            .join('/')}`,
          access: accessOf(value as object, controller),
        },
      ];
    }),
  );
}

describe('who may call what', () => {
  let api: Api;
  let routes: Route[];
  let allScopes: string;
  beforeAll(async () => {
    api = await openApi();
    routes = routesOf(api);
    allScopes = await api.makeTitle('arena');
  });
  afterAll(() => api.close());

  const call = ({ method, path }: Route, key?: string) =>
    api.send(method, path.replace(/:\w+/g, 'arena'), key === undefined ? {} : { key });

  async function keyWith(granted: readonly string[]): Promise<string> {
    const { body } = await api.send('POST', '/v1/titles/arena/keys', {
      key: adminKey,
      body: { name: 'some', scopes: granted },
    });
    return (body as { key: string }).key;
  }

  test('every handler declares it', () => {
    expect(routes.length).toBeGreaterThan(8);
    expect(routes.filter(({ access }) => access === undefined).map(({ handler }) => handler)).toEqual([]);
  });

  test('what anybody may call is health and metrics', () => {
    expect(
      routes
        .filter(({ access }) => access?.kind === 'public')
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['/health/live', '/health/ready', '/metrics']);
  });

  test('what is called with a signature and no key is the events of payment providers', async () => {
    const signed = routes.filter(({ access }) => access?.kind === 'signed');
    expect(signed.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/webhooks/:provider/:title']);
    for (const key of [undefined, adminKey, allScopes])
      expectProblem(
        await api.send('POST', '/v1/webhooks/stripe/arena', { body: {}, ...(key !== undefined && { key }) }),
        400,
        'webhook-signature-invalid',
      );
  });

  test('what the admin key alone may call is titles, their keys, and to steer what is of all titles', () => {
    expect(
      routes
        .filter(({ access }) => access?.kind === 'admin')
        .every(({ path }) => /^\/v1\/(titles|reconciliation-schedules)/.test(path)),
    ).toBe(true);
    expect(
      routes.filter(({ path }) => path.startsWith('/v1/titles')).every(({ access }) => access?.kind === 'admin'),
    ).toBe(true);
  });

  test('without a key every other route answers 401', async () => {
    for (const route of routes.filter(({ access }) => access?.kind === 'admin' || access?.kind === 'scope'))
      expectProblem(await call(route), 401, 'unauthenticated');
  });

  test("a title's key never opens an admin route", async () => {
    for (const route of routes.filter(({ access }) => access?.kind === 'admin'))
      expectProblem(await call(route, allScopes), 403, 'forbidden');
  });

  test("the admin key never opens a title's route, but for those that mean all titles with it", async () => {
    const scoped = routes.flatMap((route) => (route.access?.kind === 'scope' ? [{ route, ...route.access }] : []));
    for (const { route, orAdmin } of scoped) {
      expect([route.path, orAdmin === true]).toEqual([route.path, route.path.startsWith('/v1/reconciliation')]);
      if (orAdmin === true)
        expect([route.handler, (await call(route, adminKey)).status]).not.toEqual([route.handler, 403]);
      else expectProblem(await call(route, adminKey), 403, 'forbidden');
    }
  });

  test('a key that has every scope but the one is refused, and a key that has the one is not', async () => {
    for (const scope of scopes) {
      const others = await keyWith(scopes.filter((other) => other !== scope));
      const one = await keyWith([scope]);
      for (const route of routes.filter(({ access }) => access?.kind === 'scope' && access.scope === scope)) {
        expectProblem(await call(route, others), 403, 'forbidden');
        expect([route.handler, (await call(route, one)).status]).not.toEqual([route.handler, 403]);
      }
    }
  });

  test('wrong keys of one address are told to wait beyond a number, and a right one is taken', async () => {
    const codes = [];
    let last = await api.send('GET', '/v1/assets', { key: 'wrong' });
    for (let tries = 0; tries < 200 && last.status === 401; tries++) {
      codes.push(last.status);
      const key = `vx_live_${String(tries).padStart(32, '0')}_${'0'.repeat(64)}`;
      last = await api.send('GET', '/v1/assets', { key });
    }
    expect(codes.length).toBeGreaterThan(90);
    expectProblem(last, 429, 'too-many-wrong-keys');
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(last.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect((await api.send('GET', '/v1/assets', { key: allScopes })).status).toBe(200);
    expectProblem(await api.send('GET', '/v1/assets'), 401, 'unauthenticated');
  });
});
