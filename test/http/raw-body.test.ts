import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { RawBody, TakesRawBody } from '../../src/http/raw-body.js';
import { Public } from '../../src/http/scopes.js';
import { openApi, type Api } from './api.js';

@Controller('v1/raw')
@Public()
class RawController {
  @Post('taken')
  @HttpCode(200)
  @TakesRawBody(1_024)
  taken(@RawBody() body: Buffer): object {
    return { bytes: body.toString('hex') };
  }

  @Post('forgotten')
  @HttpCode(200)
  forgotten(@RawBody() body: Buffer): object {
    return { bytes: body.toString('hex') };
  }
}

let api: Api;

beforeAll(async () => {
  api = await openApi({ controllers: [RawController] });
});
afterAll(() => api.close());

test('a handler that takes the raw body is given its bytes, also those that are no JSON', async () => {
  for (const body of ['{"a": 1}', '{"a":'])
    expect(
      await api.send('POST', '/v1/raw/taken', { headers: { 'content-type': 'application/json' }, body }),
    ).toMatchObject({ status: 200, body: { bytes: Buffer.from(body).toString('hex') } });
});

test('a handler that takes the raw body is given no bytes where the request has no body', async () => {
  expect(await api.send('POST', '/v1/raw/taken')).toMatchObject({ status: 200, body: { bytes: '' } });
});

test('a handler that wants the raw body and forgets to say so fails, with a body and without', async () => {
  for (const body of [undefined, { a: 1 }])
    expect(await api.send('POST', '/v1/raw/forgotten', { body })).toMatchObject({ status: 500 });
  expect(JSON.stringify(api.logged)).toContain('has RawBody without TakesRawBody');
});
