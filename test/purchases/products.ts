import type pg from 'pg';

/** Publishes the next version of a product in a transaction of its own. See `publishWithin`. */
export async function publishProduct(session: pg.Client, title: string, code: string, terms: object): Promise<number> {
  await session.query('begin');
  const version = await publishWithin(session, title, code, terms);
  await session.query('commit');
  return version;
}

/**
 * Publishes the next version of a product, as the catalog writes it, within the transaction of the session.
 * @param terms what the version says: content, prices, stock, limits and when it is on sale
 * @returns the number of the version
 */
export async function publishWithin(session: pg.Client, title: string, code: string, terms: object): Promise<number> {
  await session.query(
    `insert into catalog.products (title, code, draft) values ($1, $2, 1)
     on conflict (title, code) do update set draft = catalog.products.published + 1,
       revision = catalog.products.revision + 1`,
    [title, code],
  );
  const { rows } = await session.query<{ version: number }>(
    `insert into catalog.versions (title, code, version, name, terms)
     select title, code, draft, code, $3 from catalog.products where title = $1 and code = $2 returning version`,
    [title, code, JSON.stringify(terms)],
  );
  const version = rows[0]?.version ?? 0;
  await session.query(
    'update catalog.versions set published_at = now() where title = $1 and code = $2 and version = $3',
    [title, code, version],
  );
  await session.query(
    `update catalog.products set published = draft, draft = null, withdrawn = false, revision = revision + 1
     where title = $1 and code = $2`,
    [title, code],
  );
  return version;
}
