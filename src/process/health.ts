import { Inject, Injectable } from '@nestjs/common';
import { VeltrixError } from '../errors.js';
import { DATABASES, type Databases } from '../postgres/data-sources.js';

const probeTimeoutMs = 2_000;

/** Answers whether a part that the service can do without for a time works now. */
export type Probe = () => Promise<boolean>;

/** What the service can accept requests without. A module whose part may be away adds its probe. */
@Injectable()
export class Degradations {
  private readonly probes = new Map<string, Probe>();

  /** @param name as readiness answers it, for example `temporal` */
  add(name: string, probe: Probe): void {
    this.probes.set(name, probe);
  }

  /** The names of the parts that do not work now, sorted. */
  async current(): Promise<string[]> {
    const results = await Promise.all(
      [...this.probes].map(async ([name, probe]) => ((await inTime(probe())) ? [] : [name])),
    );
    return results.flat().sort();
  }
}

/** Whether the service can accept requests. */
@Injectable()
export class Readiness {
  constructor(
    private readonly degradations: Degradations,
    @Inject(DATABASES) private readonly databases: Databases,
  ) {}

  /**
   * The parts that do not work and without which requests are accepted all the same.
   * @throws VeltrixError `unavailable` if a database does not answer
   */
  async degraded(): Promise<string[]> {
    const answered = await Promise.all(
      Object.values(this.databases).map((database) => inTime(database.query('select 1').then(() => true))),
    );
    if (answered.includes(false)) throw new VeltrixError('unavailable', 'A database does not answer.');
    return this.degradations.current();
  }
}

/** False for what fails or takes too long. */
async function inTime(probe: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), probeTimeoutMs)));
  try {
    return await Promise.race([probe, late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
