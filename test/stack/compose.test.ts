import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { environment as ofSimulator, readSettings } from '../../simulator/settings.js';
import { environment, loadConfig } from '../../src/process/config.js';

interface Service {
  image?: string;
  build?: string;
  environment?: Record<string, string>;
}

const read = (file: string): string => readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const own = Object.entries(services).filter(([, service]) => service.build !== undefined);

test('every process of Veltrix is there', () => {
  expect(own.map(([name]) => name).sort()).toEqual(['api', 'migrate', 'simulator', 'worker']);
});

test.each(own)('%s sets only variables that the configuration knows, and all that it needs', (name, service) => {
  const set = service.environment ?? {};
  const known = name === 'simulator' ? ofSimulator.shape : environment.shape;
  expect(Object.keys(set).filter((variable) => !(variable in known))).toEqual([]);
  const filled = Object.fromEntries(
    Object.entries(set).map(([variable, value]) => [
      variable,
      value.replace(/\$\{\w+:-([^}]+)\}/g, '$1').replace(/\$\{[^}]*\}/g, '1'.repeat(64)),
    ]),
  );
  expect(() => (name === 'simulator' ? readSettings(filled) : loadConfig(filled))).not.toThrow();
});

test('every image has a version', () => {
  const images = Object.values(services).flatMap(({ image }) => image ?? []);
  const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image ?? '');
  expect(images.length).toBeGreaterThan(4);
  expect([...images, ...bases].filter((image) => !/:\d+\.\d+(\.\d+)?(-[a-z]+)*$/.test(image))).toEqual([]);
});

test('API and worker pay by the simulator of the same file, which is in the image', () => {
  const { simulator, api, worker } = services;
  const { host, port } = readSettings(simulator?.environment ?? {});
  expect(host).toBe('0.0.0.0');
  for (const service of [api, worker])
    expect(service?.environment?.['STRIPE_API_URL']).toBe(`\${STRIPE_API_URL:-http://simulator:${port}}`);
  expect(read('Dockerfile')).toMatch(/^COPY simulator simulator$/m);
});
