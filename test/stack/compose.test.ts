import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
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
  expect(own.map(([name]) => name).sort()).toEqual(['api', 'migrate', 'worker']);
});

test.each(own)('%s sets only variables that the configuration knows, and all that it needs', (_name, service) => {
  const set = service.environment ?? {};
  expect(Object.keys(set).filter((name) => !(name in environment.shape))).toEqual([]);
  const filled = Object.fromEntries(
    Object.entries(set).map(([name, value]) => [name, value.replace(/\$\{[^}]*\}/g, '1'.repeat(64))]),
  );
  expect(() => loadConfig(filled)).not.toThrow();
});

test('every image has a version', () => {
  const images = Object.values(services).flatMap(({ image }) => image ?? []);
  const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image ?? '');
  expect(images.length).toBeGreaterThan(4);
  expect([...images, ...bases].filter((image) => !/:\d+\.\d+(\.\d+)?(-[a-z]+)*$/.test(image))).toEqual([]);
});
