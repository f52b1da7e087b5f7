// Package saga is the three steps of an order as a Temporal workflow. Each step is an activity whose
// result is in the workflow's history, in PostgreSQL, before the next one is scheduled. The steps
// reach no database: what they return is all that is kept.
package saga

import (
	"context"
	"fmt"
	"go.temporal.io/sdk/client"
	"time"

	"go.temporal.io/sdk/workflow"
)

const (
	Namespace = "peer"
	TaskQueue = "orders"
	// Done is the status of an order whose three steps are behind it.
	Done = "DELIVERY_SCHEDULED"

	stepTimeout = 30 * time.Second
)

type Order struct {
	ID          string `json:"orderId"`
	AccountID   int    `json:"accountId"`
	AmountCents int    `json:"amountCents"`
	Address     string `json:"address"`
}

type Payment struct {
	OrderID     string `json:"orderId"`
	AccountID   int    `json:"accountId"`
	AmountCents int    `json:"amountCents"`
}

type Delivery struct {
	OrderID string `json:"orderId"`
	Address string `json:"address"`
}

type Outcome struct {
	OrderID  string   `json:"orderId"`
	Status   string   `json:"status"`
	Payment  Payment  `json:"payment"`
	Delivery Delivery `json:"delivery"`
}

// OrderSaga is the workflow; its id is the order's, so the same order never runs twice.
func OrderSaga(ctx workflow.Context, request Order) (Outcome, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: stepTimeout})
	outcome := Outcome{OrderID: request.ID}
	var order Order
	if err := workflow.ExecuteActivity(ctx, CreateOrder, request).Get(ctx, &order); err != nil {
		return outcome, err
	}
	if err := workflow.ExecuteActivity(ctx, CapturePayment, order).Get(ctx, &outcome.Payment); err != nil {
		return outcome, err
	}
	if err := workflow.ExecuteActivity(ctx, ScheduleDelivery, order).Get(ctx, &outcome.Delivery); err != nil {
		return outcome, err
	}
	outcome.Status = Done
	return outcome, nil
}

func CreateOrder(_ context.Context, request Order) (Order, error) {
	return request, nil
}

func CapturePayment(_ context.Context, order Order) (Payment, error) {
	return Payment{OrderID: order.ID, AccountID: order.AccountID, AmountCents: order.AmountCents}, nil
}

func ScheduleDelivery(_ context.Context, order Order) (Delivery, error) {
	return Delivery{OrderID: order.ID, Address: order.Address}, nil
}

// Run starts the workflow of an order and returns when it has ended, all three steps done.
func Run(ctx context.Context, temporal client.Client, order Order) error {
	options := client.StartWorkflowOptions{ID: "order-" + order.ID, TaskQueue: TaskQueue}
	run, err := temporal.ExecuteWorkflow(ctx, options, OrderSaga, order)
	if err != nil {
		return err
	}
	var outcome Outcome
	if err := run.Get(ctx, &outcome); err != nil {
		return err
	}
	if outcome.Status != Done {
		return fmt.Errorf("order %s ended as %q", order.ID, outcome.Status)
	}
	return nil
}
