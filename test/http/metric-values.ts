import type { Registry } from 'prom-client';

type Labels = Record<string, string | number | undefined>;

/** The values of one metric by their labels, as `a=1 b=2`; of a histogram how often something was observed. */
export async function valuesOf(registry: Registry, name: string, of = name): Promise<Record<string, number>> {
  const metric = registry.getSingleMetric(name);
  if (metric === undefined) throw new Error(`There is no ${name}.`);
  const { values } = (await metric.get()) as unknown as {
    values: { labels: Labels; value: number; metricName?: string }[];
  };
  const counted = values.filter(({ metricName }) => metricName === undefined || metricName === of);
  return Object.fromEntries(
    counted.map(({ labels, value }) => [
      Object.entries(labels)
        .map(([label, said]) => `${label}=${said}`)
        .sort()
        .join(' '),
      value,
    ]),
  );
}

/** How often a histogram has observed something, by its labels. */
export const counts = (registry: Registry, histogram: string): Promise<Record<string, number>> =>
  valuesOf(registry, histogram, `${histogram}_count`);

/** The sum of what a histogram has observed, by its labels. */
export const sums = (registry: Registry, histogram: string): Promise<Record<string, number>> =>
  valuesOf(registry, histogram, `${histogram}_sum`);
