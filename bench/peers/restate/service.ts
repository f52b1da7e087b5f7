// The three steps of an order as a Restate workflow. Each ctx.run is durable in Restate's journal
// before the next one starts. The steps reach no database: what they return is all that is kept.

import * as http2 from "node:http2";
import { createEndpointHandler, workflow, type WorkflowContext } from "@restatedev/restate-sdk";

interface Order {
  accountId: number;
  amountCents: number;
  address: string;
}

const orderSaga = workflow({
  name: "OrderSaga",
  handlers: {
    run: async (ctx: WorkflowContext, request: Order) => {
      const orderId = ctx.key;
      const order = await ctx.run("create order", () => ({ orderId, ...request }));
      const payment = await ctx.run("capture payment", () => ({
        orderId,
        accountId: order.accountId,
        amountCents: order.amountCents,
      }));
      const delivery = await ctx.run("schedule delivery", () => ({
        orderId,
        address: order.address,
      }));
      return { orderId, status: "DELIVERY_SCHEDULED", payment, delivery };
    },
  },
});

const port = Number(process.argv[2]);
if (!Number.isInteger(port) || port < 1 || port > 65535) {
  console.error("usage: node service.js PORT");
  process.exit(2);
}
http2
  .createServer(createEndpointHandler({ services: [orderSaga] }))
  .listen(port, "127.0.0.1");
