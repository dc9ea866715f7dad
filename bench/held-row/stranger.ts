import pg from 'pg';

/** A row, as a statement that selects it. */
export interface HeldRow {
  select: string;
  parameters: string[];
}

/**
 * Does something while a session that is not Veltrix's holds one row, as any update of it does.
 * @throws Error where it is not exactly one row
 */
export async function whileHeld<T>(url: string, { select, parameters }: HeldRow, work: () => Promise<T>): Promise<T> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  try {
    await session.query('begin');
    const { rowCount } = await session.query(`${select} for no key update`, parameters);
    if (rowCount !== 1) throw new Error(`${rowCount} rows were held, and must be one.`);
    return await work();
  } finally {
    await session.end();
  }
}
