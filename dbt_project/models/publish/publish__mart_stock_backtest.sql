{{ config(alias='mart_stock_backtest') }}

{{ published('mart_stock_backtest') }}
