import { Inject, Injectable } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { VeltrixError } from '../errors.js';
import { HEALTH_DATABASES, type Databases } from '../postgres/data-sources.js';
import type { BoundaryMigrations } from '../postgres/migrations.js';
import { BOUNDARIES, schemaFault } from '../postgres/schemas.js';

const probeTimeoutMs = 2_000;

/**
 * Answers whether a part that the service can do without for a time works now: undefined, or in one sentence why not.
 */
export type Probe = () => Promise<string | undefined>;

/** What the service can accept requests without. A module whose part may be away adds its probe. */
@Injectable()
export class Degradations {
  private readonly probes = new Map<string, Probe>();

  /** @param name as readiness answers it, for example `temporal`; a later probe of the same name replaces it */
  add(name: string, probe: Probe): void {
    this.probes.set(name, probe);
  }

  /** The names of all parts that are looked at. */
  get names(): string[] {
    return [...this.probes.keys()];
  }

  /** Why the parts that do not work now do not, by their names, which are sorted. */
  async current(): Promise<Record<string, string>> {
    const results = await Promise.all(
      [...this.probes].map(async ([name, probe]): Promise<[string, string][]> => {
        const reason = await inTime(probe(), () => `Whether ${name} works could not be found out.`);
        return reason === undefined ? [] : [[name, reason]];
      }),
    );
    return Object.fromEntries(results.flat().sort(([one], [other]) => (one < other ? -1 : 1)));
  }
}

/** Whether the service can accept requests. */
@Injectable()
export class Readiness {
  private look: Promise<[fault: string | undefined, degraded: Record<string, string>]> | undefined;

  constructor(
    private readonly degradations: Degradations,
    @Inject(HEALTH_DATABASES) private readonly databases: Databases,
    @Inject(BOUNDARIES) private readonly boundaries: readonly BoundaryMigrations[],
  ) {}

  /**
   * The parts that do not work and without which requests are accepted all the same, each with the reason.
   * @throws VeltrixError `unavailable` if a database does not answer, or lacks something of this release
   */
  async degraded(): Promise<Record<string, string>> {
    // Those who ask at once are answered by one look, whose two halves take no longer than one of them.
    this.look ??= Promise.all([
      inTime(schemaFault(this.databases, this.boundaries), () => 'A database does not answer.'),
      this.degradations.current(),
    ]).finally(() => (this.look = undefined));
    const [fault, degraded] = await this.look;
    if (fault !== undefined) throw new VeltrixError('unavailable', fault);
    return degraded;
  }
}

/** What readiness says of the parts, for alerts. */
@Injectable()
export class DegradationMetrics {
  constructor(@Inject(Registry) registry: Registry, degradations: Degradations) {
    new Gauge({
      name: 'veltrix_degraded',
      help: 'Whether a part does not work without which requests are accepted all the same, by its name in readiness',
      labelNames: ['part'],
      registers: [registry],
      async collect() {
        const current = await degradations.current();
        for (const part of degradations.names) this.set({ part }, part in current ? 1 : 0);
      },
    });
  }
}

/** What a probe answers, or `fault` for what fails or takes too long. */
async function inTime<T>(probe: Promise<T>, fault: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => (timer = setTimeout(() => resolve(fault()), probeTimeoutMs)));
  try {
    return await Promise.race([probe, late]);
  } catch {
    return fault();
  } finally {
    clearTimeout(timer);
  }
}
