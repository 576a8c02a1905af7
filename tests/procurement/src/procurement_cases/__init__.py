"""What procurement's tests share: orders, answers, notices and receipts as their partners would write them."""
