"""The tour of the README by the client that openapi-python-client makes of openapi.json.

The client is the package `veltrix_client`. It is made in a folder of its own, which has to be on PYTHONPATH. The tour
prints each request as a line of JSON, and in the end what it has seen.
"""

import json
import os
import time

import httpx
from veltrix_client import AuthenticatedClient
from veltrix_client import models as m
from veltrix_client.api.assets import assets_put
from veltrix_client.api.item_instances import instances_mint
from veltrix_client.api.items import items_put
from veltrix_client.api.players import playerbooks_balances, playerinstances_list
from veltrix_client.api.products import products_list
from veltrix_client.api.purchases import purchases_create, purchases_get, sales_get
from veltrix_client.api.refunds import purchaserefunds_create
from veltrix_client.api.sagas import sagas_get
from veltrix_client.api.trades import trades_create
from veltrix_client.api.transfers import transfers_create


def say(request: httpx.Request) -> None:
    said = {
        "method": request.method,
        "path": request.url.raw_path.decode(),
        "key": request.headers.get("idempotency-key"),
        "prefer": request.headers.get("prefer"),
        "body": json.loads(request.content) if request.content else None,
    }
    print(json.dumps(said))


client = AuthenticatedClient(
    base_url=os.environ["API"],
    token=os.environ["KEY"],
    raise_on_unexpected_status=True,
    timeout=httpx.Timeout(30),
    httpx_args={"event_hooks": {"request": [say]}},
)


def must(answer):
    """The body of an answer, unless it is a problem."""
    if answer is None or isinstance(answer, m.Problem):
        raise RuntimeError(f"The API answers {answer}.")
    return answer


def waiting(key: str) -> dict[str, str]:
    return {"idempotency_key": key, "prefer": "wait=10"}


must(assets_put.sync("gold", client=client, body=m.SentAsset(name="Gold", kind=m.SentAssetKind.CURRENCY)))
must(items_put.sync("sword", client=client, body=m.SentItem(name="Sword")))
leg = m.Leg(from_="system:mint", to="player:alice", asset="gold", amount="1000")
must(transfers_create.sync(client=client, idempotency_key="tour-1", body=m.NewTransfer(legs=[leg], reason="welcome")))
mint = m.NewInstance(item="sword", owner="player:bob", reason="welcome")
sword = must(instances_mint.sync(client=client, idempotency_key="tour-2", body=mint))
gold = m.GivenAmount(asset="gold", amount="250")
parties = [
    m.SentParty(player="alice", gives=m.SentGifts(amounts=[gold])),
    m.SentParty(player="bob", gives=m.SentGifts(items=[sword.id])),
]
trade = must(trades_create.sync(client=client, body=m.NewTrade(parties=parties), **waiting("tour-3")))


def buy(key: str, product: str, pay) -> m.Purchase:
    order = m.NewPurchase(player="alice", product=product, pay=pay)
    return must(purchases_create.sync(client=client, body=order, **waiting(key)))


def read(purchase: str) -> m.Purchase:
    return must(purchases_get.sync(purchase, client=client))


must(products_list.sync(client=client))
crown = buy("tour-4", "crown", m.Pay(asset="gold", amount="400"))
read(crown.id)
sales = must(sales_get.sync("crown", client=client, player="alice"))
misclicked = m.NewRefund(reason="misclicked")
refund = must(purchaserefunds_create.sync(crown.id, client=client, body=misclicked, **waiting("tour-7")))
refunded = read(crown.id)

price = {"currency": "EUR", "amount": "499", "provider": m.Provider.STRIPE}
by_card = buy("tour-5", "starter-pack", m.MoneyPay(**price, method="pm_card_visa"))
in_page = buy("tour-6", "starter-pack", m.MoneyPay(**price))
waits = read(in_page.id)
act = {"act": "buyer-confirms", "reference": in_page.id}
httpx.post(f"{os.environ['CONTROL']}/_control/acts", json=act).raise_for_status()
paid = read(in_page.id)
end = time.monotonic() + 60
while not paid.closed_at and time.monotonic() < end:
    time.sleep(0.2)
    paid = read(in_page.id)


def balances(player: str) -> list[list[str]]:
    return [[one.asset, one.posted] for one in must(playerbooks_balances.sync(player, client=client)).data]


have = {"alice": balances("alice"), "bob": balances("bob")}
owned = must(playerinstances_list.sync("alice", client=client)).data


def said_by(event) -> str:
    """What an event says that no other kind of event does."""
    match event:
        case m.AcceptedEvent():
            return "accepted"
        case m.StepEvent():
            return f"step {event.step} {event.outcome}"
        case m.PaymentEvent():
            return f"payment {event.operation.value} {event.state.value}"
        case m.TransferEvent():
            return f"transfer of {len(event.legs)}"
        case m.MovementEvent():
            return f"movement {event.kind}"
        case m.RunEvent():
            return f"{event.event.value} {event.workflow_id}"
        case m.OperatorEvent():
            return f"operator {event.act.value}"
        case m.AnswerEvent():
            return f"answer {event.act.value} {event.code}"
        case m.ClosedEvent():
            return f"closed {event.state}"
    raise TypeError(f"{type(event)} is no event that the document names.")


def story_of(saga: str) -> list[str]:
    return [said_by(event) for event in must(sagas_get.sync(saga, client=client)).timeline]


# Events that the tour does not bring about are read from what the service would send.
sent = json.loads(os.environ["EVENTS"])
story = m.SagaStory.from_dict({**must(sagas_get.sync(trade.id, client=client)).to_dict(), "timeline": sent})

seen = {
    "states": [str(one.state.value) for one in (trade, crown, refund, refunded, by_card, waits, paid)],
    "clientSecret": type(waits.payment.client_secret).__name__,
    "sold": sales.sold,
    "have": have,
    "owned": [[one.item, one.properties.to_dict()] for one in owned],
    "stories": {"trade": story_of(trade.id), "byCard": story_of(by_card.id)},
    "events": [said_by(event) for event in story.timeline],
}
print(json.dumps(seen))
