import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Headers, HttpException, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import Stripe from 'stripe';
import { settleBare } from '../driver/bare-sql.way.js';
import type { DrawnTrade } from '../driver/deck.js';
import { packCurrency, packGems } from '../driver/pack.js';
import { secretKeys } from '../system/accounts.js';

/*
 * The purchase as it is written first: one handler that checks, inserts the order, calls the processor, grants, and
 * answers. The processor is called by its official client with what that is set to by default: 80 s for an answer, and
 * two tries more after a lost connection, each with the same idempotency key. One call creates, confirms and captures,
 * where Veltrix makes three. No transaction and no connection of the pool is held while the processor is called. The
 * pool has ten connections, which is the default of `pg`. Trades run on the same pool, each in one transaction.
 *
 * What it leaves out is what such services leave out: nothing looks again at an order whose payment is not known.
 */

interface NewPurchase {
  player: string;
  product: string;
  method: string;
}

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] ?? '' });
const api = new URL(process.env['STRIPE_API_URL'] ?? '');
const stripe = new Stripe(secretKeys['inside-the-request'], {
  host: api.hostname,
  port: api.port,
  protocol: 'http',
  telemetry: false,
});

@Controller()
class Shop {
  @Post('purchases')
  async buy(@Body() order: NewPurchase, @Headers('idempotency-key') key: string): Promise<object> {
    const id = randomUUID();
    const amount = await this.insert(id, key, order);
    let payment: string;
    try {
      const intent = await stripe.paymentIntents.create(
        {
          ...{ amount, currency: packCurrency.toLowerCase(), payment_method: order.method, confirm: true },
          ...{ payment_method_types: ['card'], metadata: { order: id } },
        },
        { idempotencyKey: id },
      );
      if (intent.status !== 'succeeded') throw new HttpException(`The payment is ${intent.status}.`, 402);
      payment = intent.id;
    } catch (error) {
      await pool.query("update orders set state = 'failed' where id = $1", [id]);
      throw error instanceof HttpException ? error : new HttpException('The payment could not be made.', 502);
    }
    await this.grant(id, payment, order);
    return { id, state: 'paid' };
  }

  @Get('ready')
  ready(): object {
    return {};
  }

  @Post('trades')
  async trade(@Body() trade: DrawnTrade): Promise<object> {
    return settleBare(pool, trade);
  }

  /** Takes one from the stock and writes the order down. @returns what it costs */
  private async insert(id: string, key: string, { player, product }: NewPurchase): Promise<number> {
    const { rows } = await pool.query<{ amount: string }>({
      name: 'insert',
      text: `with taken as (
          update products set stock = stock - 1 where code = $4 and stock > 0 returning price)
        insert into orders (id, key, player, product, amount, state)
        select $1, $2, $3, $4, price, 'pending' from taken
        returning amount`,
      values: [id, key, player, product],
    });
    if (rows[0] === undefined) throw new HttpException('The product is not on sale.', 409);
    return Number(rows[0].amount);
  }

  private async grant(id: string, payment: string, { player }: NewPurchase): Promise<void> {
    const client = await pool.connect();
    try {
      const item = randomUUID();
      await client.query('begin');
      await client.query("update orders set state = 'paid', payment = $2 where id = $1", [id, payment]);
      await client.query(
        `insert into gems (player, balance) values ($1, $2)
         on conflict (player) do update set balance = gems.balance + $2`,
        [player, packGems],
      );
      await client.query('insert into items (id, owner, version) values ($1, $2, 1)', [item, player]);
      await client.query('insert into granted (order_id, item) values ($1, $2)', [id, item]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  }
}
@Module({ controllers: [Shop] })
class ShopModule {}

const app = await NestFactory.create<NestFastifyApplication>(ShopModule, new FastifyAdapter(), { logger: ['error'] });
await app.listen(Number(process.env['PORT']), '127.0.0.1');
process.on('SIGTERM', () => process.exit());
