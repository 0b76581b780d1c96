from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mail", "0002_inbound"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="half_sent",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
