import { agentId } from '../../src/core/ids';
import type { JsonObject } from '../../src/core/json';
import type { FactValue, PolicyRequest } from '../../src/core/policy/model';
import { createFactGatherer } from '../../src/facts/fact-gatherer';
import { UNLIMITED } from '../../src/facts/sql-statement';

const DEADLINE_MS = 2000;
const facts = createFactGatherer();
afterAll(() => facts.close());

const requestOf = (args: JsonObject): PolicyRequest => ({
  agent: {
    id: agentId('bot'),
    owner: 'bob',
    riskLevel: 'low',
    environment: 'prod',
    environments: ['prod'],
    tags: [],
    status: 'active',
  },
  action: 'query_database',
  environment: 'prod',
  args,
  context: {},
  exceptionRequested: false,
});

async function sqlOf(args: JsonObject, deadlineMs = DEADLINE_MS): Promise<FactValue | undefined> {
  return (await facts.gather(requestOf(args), ['sql'], deadlineMs))['sql'];
}

const summaryOf = async (query: string): Promise<JsonObject> => {
  const fact = await sqlOf({ query });
  if (fact === undefined || 'error' in fact) throw new Error(fact?.error);
  return fact.value;
};

describe('the sql fact', () => {
  it.each<[string, readonly string[]]>([
    ['select a from Users', ['users']],
    ['select a from public.users u, "Orders" o', ['orders', 'public.users', 'users']],
    ['select (select max(a) from x) from y join z on true', ['x', 'y', 'z']],
    ['select a from x where exists (select 1 from users) limit 5', ['users', 'x']],
    ['select a from x union select a from users', ['users', 'x']],
    ['with u as (select a from users) select a from u', ['users']],
    ['with users as (select a from users) select a from users', ['users']],
    ['with users as (select 1) select a from public.users', ['public.users', 'users']],
    ['with a as (with users as (select 1) select 1 from users) select b from users', ['users']],
    ['with recursive r as (select a from x union select a from r) select a from r', ['x']],
    ['with a as (select 1), b as (select 1 from a) select c from b', []],
    ['select a from only users', ['only', 'users']],
    ['select count(id) from(users)', ['users']],
    ['insert into a select b from c', ['a', 'c']],
    ['update users set a = 1', ['users']],
    ['delete from users', ['users']],
    ['drop table a, b', ['a', 'b']],
    ['alter table users add column x int', ['users']],
    ['truncate users', ['users']],
    ['create view v as select a from users', ['users']],
    ['create index i on users (a)', ['users']],
    ['grant select on users to x', ['users']],
    ['select a from `users`', ['users']],
    ['select 1; select a from users', ['users']],
  ])('finds the tables of %s', async (query, tables) => {
    expect((await summaryOf(query))['tables']).toEqual(tables);
  });

  it.each<[string, number]>([
    ['select a from t limit 5', 5],
    ['select a from t limit 5 offset 100', 5],
    ['select a from t offset 5', UNLIMITED],
    ['select a from t limit all', UNLIMITED],
    ['select a from t limit $1', UNLIMITED],
    ['select a from t', UNLIMITED],
    ['select a from (select a from t limit 5) x', UNLIMITED],
    ['select a from x union select b from y limit 5', 5],
    ['(select a from x limit 3) union (select b from y limit 5)', 8],
    ['(select a from x) union (select b from y limit 5)', UNLIMITED],
    ['select a from t limit 5; select a from t limit 7', 7],
    ['select count(*) from t', 1],
    ['select count(*), max(a) + 1, round(avg(b), 2), coalesce(sum(c), 0) from t', 1],
    ['select count(*) from t group by a', UNLIMITED],
    ['select count(*) over () from t', UNLIMITED],
    ['select count(*), a from t', UNLIMITED],
    ['select array_agg(a) from t', UNLIMITED],
    ['select string_agg(a, b) from t', UNLIMITED],
    ['select 1', 1],
    ['select generate_series(1, 1000000)', UNLIMITED],
    ['delete from t', 0],
    ['update t set a = 1 returning id', UNLIMITED],
  ])('counts the rows of %s', async (query, limit) => {
    expect((await summaryOf(query))['limit']).toBe(limit);
  });

  it.each<[string, boolean]>([
    ['select * from t limit 1', true],
    ['select t.* from t limit 1', true],
    ['select a from (select * from t) x limit 1', true],
    ['update t set a = 1 returning *', true],
    ['select count(*) from t', false],
    ['select a * b from t limit 1', false],
    ['select orders from orders limit 1', true],
    ['select row_to_json(o) from public.orders o limit 1', true],
    ['select o.row_to_json from orders as o limit 1', true],
    ['update t set a = 1 returning t', true],
    ['with x as (select o from orders o) select 1 from x', true],
    ['with total as (select sum(a) as total from x) select total from total', false],
    ['select count(*) as orders from orders order by orders', false],
    ['select o.id, status from orders o limit 1', false],
  ])('tells select-star in %s: %s', async (query, star) => {
    expect((await summaryOf(query))['star']).toBe(star);
  });

  it('names the kinds of all statements, nested ones too', async () => {
    const { statements } = await summaryOf('insert into a select b from c; drop table d');
    expect(statements).toEqual(['drop', 'insert', 'select']);
  });

  it.each<[string, readonly string[]]>([
    ['select a into newt from t', ['create', 'select']],
    ["select a from t into outfile '/tmp/x'", ['create', 'select']],
    ['select a from t into @x', ['select']],
  ])('counts as a write what a select puts elsewhere: %s', async (query, statements) => {
    expect((await summaryOf(query))['statements']).toEqual(statements);
  });

  it.each([
    ['what does not parse', 'SELEC id FROM'],
    ['an empty text', '  '],
    ['a copy', "copy users to '/tmp/x'"],
    ['code that is elsewhere', 'call steal()'],
    ['SQL in text', "select query_to_xml('select * from users', true, true, '')"],
    ['a table named in text', "select table_to_xml('users', true, true, '')"],
    [
      'a backslash',
      "select count(id) from orders where a = 'x\\' union select ssn from users -- '",
    ],
    ['dollar quotes', "select count(id) from t where a = $$x' union select ssn from users -- $$"],
    ['a comment that is executed', 'select count(id) from t /*!union select ssn from users*/'],
    [
      'a comment in a comment',
      'select count(id) from t /* /* */ union select ssn from users -- */',
    ],
    [
      'a comment that is arithmetic',
      'select count(id) from t where a = 1 --1 union select b from users',
    ],
    ['a lone carriage return', 'select count(id) from t -- \r union select ssn from users'],
    ['a long text', `select a from t where ${'a = 1 or '.repeat(5000)} true`],
    ['what costs the parser seconds', `select ${'('.repeat(20)}a from t`],
  ])('is an error for %s', async (_name, query) => {
    expect(await sqlOf({ query })).toEqual({ error: expect.any(String) as string });
  });

  it('keeps to its deadline and works again after a parse had to be stopped', async () => {
    const started = performance.now();
    const stuck = sqlOf({ query: `select ${'('.repeat(24)}a from t` }, 200);
    expect(await stuck).toEqual({ error: 'the statement could not be parsed in time' });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(await summaryOf('select a from users limit 1')).toMatchObject({ tables: ['users'] });
  });

  it.each<[string, JsonObject, readonly string[]]>([
    ['named by the argument', { sql: 'select a from x' }, ['x']],
    ['in any case', { SQL: 'select a from x' }, ['x']],
    ['in a list', { statements: ['select a from x', 'select a from y'] }, ['x', 'y']],
    ['under another name', { text: 'select a from x', note: 'please update the docs' }, ['x']],
    [
      'beside the named one',
      { query: 'select a from x', also: { deep: '/* hi */ (select b from users)' } },
      ['users', 'x'],
    ],
  ])('reads the statement %s', async (_name, args, tables) => {
    expect(await sqlOf(args)).toMatchObject({ value: { tables } });
  });

  it.each<[string, JsonObject]>([
    ['a copy', { note: 'COPY users TO STDOUT' }],
    ['a transaction', { note: 'BEGIN; COPY users TO STDOUT' }],
    ['a prepared statement', { command: 'EXECUTE q1' }],
    ['a setting', { note: 'SET x = 1; SELECT ssn FROM users LIMIT 5' }],
    [
      'a statement after a # comment',
      { note: '# hi\nSELECT ssn FROM ONLY users a FOR SHARE SKIP' },
    ],
    ['a statement after nested comments', { note: '/* /* */ */ SELECT ssn FROM users FOR x' }],
    ['a lock that is skipped', { text: 'SELECT ssn FROM users FOR NO KEY UPDATE OF users SKIP' }],
    ['a plan that runs', { text: 'EXPLAIN (ANALYZE) DELETE FROM orders USING x RETURNING' }],
    ['a block', { deep: [{ text: 'DO $$ begin delete from users; end $$' }] }],
    ['code that is elsewhere', { sqlText: 'call steal()' }],
    ['a whole table', { input: 'TABLE users' }],
    ['an unreadable statement in a key for SQL', { statement2: 'use x of y' }],
  ])('is an error for %s beside a harmless statement', async (_name, args) => {
    expect(await sqlOf({ query: 'select a from x limit 1', ...args })).toEqual({
      error: expect.any(String) as string,
    });
  });

  it.each([
    'Please set the table for four',
    'show me the open tickets',
    'Set priority to high; use staging',
    'begin',
    'Call Bob, then copy me on the answer to Alice',
    'Update the docs, delete the draft and load the rest',
    'Create a report, drop it in the folder',
    'with regard to the invoice',
    'Execute the plan, start the job, do it now',
    'analyze sales by region',
  ])('takes for prose beside a statement: %s', async (note) => {
    expect(await sqlOf({ query: 'select a from x limit 1', note })).toMatchObject({
      value: { tables: ['x'], statements: ['select'] },
    });
  });

  it.each<[string, JsonObject]>([
    ['nothing that is SQL', { text: 'hello' }],
    ['prose that begins like SQL', { text: 'update the docs, please' }],
    ['no arguments', {}],
    ['a statement that is no text', { query: 5 }],
    ['one statement of two that does not parse', { query: 'select 1', sql: 'SELEC 1' }],
  ])('is an error for %s', async (_name, args) => {
    expect(await sqlOf(args)).toEqual({ error: expect.any(String) as string });
  });
});

describe('createFactGatherer', () => {
  it('answers a fact it does not know with an error', async () => {
    expect(await facts.gather(requestOf({}), ['weather'], DEADLINE_MS)).toEqual({
      weather: { error: 'unknown fact' },
    });
  });

  it('answers every one of many requests at once', async () => {
    const queries = Array.from({ length: 50 }, (_, index) => `select a from t${index} limit 1`);
    const answers = await Promise.all(queries.map((query) => sqlOf({ query })));
    expect(answers).toEqual(
      queries.map(
        (_, index) =>
          expect.objectContaining({
            value: expect.objectContaining({ tables: [`t${index}`] }) as object,
          }) as object,
      ),
    );
  });

  it('serves agents in turn, so that slow texts of one do not keep another waiting', async () => {
    const fair = createFactGatherer();
    const slow = `select ${'('.repeat(24)}a from t`;
    const attacks = Array.from({ length: 12 }, () =>
      fair.gather(requestOf({ query: slow }), ['sql'], 3000),
    );
    const other = requestOf({ query: 'select a from orders limit 1' });
    const agent = { ...other.agent, id: agentId('other-bot') };
    const answer = await fair.gather({ ...other, agent }, ['sql'], 3000);
    expect(answer).toMatchObject({ sql: { value: { tables: ['orders'] } } });
    await fair.close();
    await Promise.all(attacks);
  });

  it('leaves no request waiting when it is closed', async () => {
    const closing = createFactGatherer();
    const pending = closing.gather(requestOf({ query: 'select 1 from t' }), ['sql'], DEADLINE_MS);
    await closing.close();
    expect(await pending).toMatchObject({ sql: { error: expect.any(String) as string } });
  });
});
