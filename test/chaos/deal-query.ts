/** A moment of SQL in milliseconds since 1970. */
export const millis = (column: string): string => `floor(extract(epoch from ${column}) * 1000)::float8`;

const prefixes = { trade: 'trd', purchase: 'pur', refund: 'rfd' };

/** The rows of a kind of deal, with how often each is told. */
export const deals = (kind: keyof typeof prefixes, columns: string): string => `
  select '${prefixes[kind]}_' || t.id as id, title, key, state, reason_code as code, ${columns},
    ${millis('created_at')} as "createdAt", ${millis('closed_at')} as "closedAt",
    coalesce(accepted, 0) as accepted, coalesce(closed, 0) as closed
  from ${kind}s.${kind}s t left join (
    select subject, (count(*) filter (where type = '${kind}.accepted'))::int as accepted,
      (count(*) filter (where type <> '${kind}.accepted'))::int as closed
    from ${kind}s.facts group by subject) f on right(f.subject, 36) = t.id::text`;
